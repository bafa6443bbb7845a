// Memory that is neither zeroed nor copied when it grows: page faults and zero-filling were most of
// the cost of rebuilding objects (design §6: 3.6 s with fresh buffers, 1.35 s with kept ones).
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace kimiguard::git {

class RawBuffer {
 public:
  // Room for `bytes`; contents are lost when it has to grow. Grows by at least a half.
  char* reserve(std::size_t bytes) {
    if (bytes > capacity_) {
      std::size_t wanted = capacity_ + capacity_ / 2;
      if (wanted < bytes) wanted = bytes;
      if (wanted < 4096) wanted = 4096;
      data_.reset();
      capacity_ = 0;
      data_.reset(static_cast<char*>(std::malloc(wanted)));
      if (!data_) throw std::bad_alloc();
      capacity_ = wanted;
    }
    return data_.get();
  }
  void clear() {
    data_.reset();
    capacity_ = 0;
  }
  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t capacity() const { return capacity_; }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  std::unique_ptr<char, Free> data_;
  std::size_t capacity_ = 0;
};

}  // namespace kimiguard::git
