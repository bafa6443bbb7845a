#!/usr/bin/env python3
"""Makes a home folder as heavy users of agents have it: configs of many tools, and FILES transcripts, logs,
checkpoints and backups of BYTES together. The same seed gives the same home. No key-shaped text is stored: keys
are made at run time.

    audit_home.py FOLDER [--files 200000] [--bytes 2000000000] [--seed 1] [--configs-only]
"""
import argparse
import json
import os
import random
import string

WORDS = ("task-list", "disk-usage", "the", "model", "answer", "read", "file", "function", "return", "error:", "sk-learn",
         "request", "api.moonshot.ai", "kimi-k3", "tokens", "please", "change", "in", "src/main.py", "and", "risk-free",
         "{\\\"path\\\":\\\"/home/u/work\\\"}", "```python", "def", "import", "0x7ffd", "2026-11-24T09:12:44.120Z", "==>")


def block(r, size):
    """Lines of JSON as transcripts have them, with a run of base64 now and then."""
    out = []
    length = 0
    while length < size:
        text = " ".join(r.choice(WORDS) for _ in range(r.randrange(5, 120)))
        if r.random() < 0.02:
            text += " " + "".join(r.choice(string.ascii_letters + string.digits + "+/") for _ in range(r.randrange(40, 400)))
        line = json.dumps({"type": r.choice(("user", "assistant", "tool")), "uuid": "%032x" % r.getrandbits(128),
                           "message": {"role": "assistant", "content": text},
                           "timestamp": "2026-11-%02dT09:00:00Z" % r.randrange(1, 25)}) + "\n"
        out.append(line)
        length += len(line)
    return "".join(out).encode()[:size]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--files", type=int, default=200_000)
    p.add_argument("--bytes", type=int, default=2_000_000_000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--configs-only", action="store_true")
    a = p.parse_args()
    r = random.Random(a.seed)
    alphabet = string.ascii_letters + string.digits
    some = lambda n: "".join(r.choice(alphabet) for _ in range(n))
    code = lambda: "sk-" + "kimi-" + some(64)
    platform = lambda: "sk-" + some(48)
    made = set()

    def write(path, data, mode=0o600):
        path = os.path.join(a.folder, path)
        folder = os.path.dirname(path)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        os.write(fd, data if isinstance(data, bytes) else data.encode())
        os.close(fd)

    one, two = platform(), platform()
    write(".claude/settings.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://api.moonshot.ai/anthropic",
                                                      "ANTHROPIC_AUTH_TOKEN": code()}}, indent=2))
    write(".kimi/config.toml", 'default_model = "k"\n[models.k]\nprovider = "kimi"\nmodel = "kimi-k3"\n'
          'max_context_size = 100\n[providers.kimi]\ntype = "kimi"\nbase_url = "https://api.moonshot.ai/v1"\n'
          'api_key = "%s"\n' % one)
    write(".continue/config.yaml", "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k3\n"
          "    apiKey: %s\n    roles: [chat]\n" % two)
    write(".codex/config.toml", 'model_provider = "m"\n[model_providers.m]\nname = "m"\n'
          'base_url = "https://api.moonshot.ai/v1"\nenv_key = "MOONSHOT_API_KEY"\n')
    write(".cline/data/globalState.json", json.dumps({"planModeApiProvider": "moonshot", "actModeApiProvider": "moonshot",
                                                     "planModeApiModelId": "kimi-k3", "actModeApiModelId": "kimi-k3"}))
    write(".cline/data/secrets.json", json.dumps({"moonshotApiKey": one}))
    write(".config/opencode/opencode.json", '{ "model": "moonshotai/kimi-k3", "small_model": "moonshotai/kimi-k3" }')
    write(".local/share/opencode/auth.json", json.dumps({"moonshotai": {"type": "api", "key": one}}))
    write(".bashrc", "export EDITOR=vim\nalias ll='ls -l'\n" * 40, 0o644)
    if a.configs_only:
        return

    text = block(r, 4 << 20)
    places = ([".claude/projects/-home-u-work-%d/%s.jsonl"] * 5 + [".codex/sessions/2026/11/%d/rollout-%s.jsonl"] * 2 +
              [".kimi/sessions/%d/%s/context.jsonl", ".cline/data/tasks/%d-%s/api_conversation_history.json",
               ".claude/file-history/%d/%s", ".claude/debug/%d-%s.txt", ".cline/data/logs/%d/%s.log"])
    mean = a.bytes / a.files
    total = 0
    for i in range(a.files):
        # Many small ones, a few of some megabytes: as log-normal as homes are.
        size = min(int(r.lognormvariate(0, 1.6) * mean / 3.6), len(text) * 4)
        if i == a.files - 1:
            size = max(a.bytes - total, 0)
        at = r.randrange(len(text) // 2)
        data = text[at:at + size]
        while len(data) < size:
            data += text[:size - len(data)]
        if i % 4000 == 7:
            data += ('{"content":"export MOONSHOT_API_KEY=%s"}\n' % r.choice((one, two))).encode()
        total += len(data)
        write(r.choice(places) % (r.randrange(60), "%08x" % r.getrandbits(32)), data)
        if total >= a.bytes:
            # The files that are left are empty ones' neighbours: a line each.
            text_left = text[:200]
            for j in range(i + 1, a.files):
                write(r.choice(places) % (r.randrange(60), "%08x" % r.getrandbits(32)), text_left)
            break


main()
