// What starting any process costs.
int main() {}
