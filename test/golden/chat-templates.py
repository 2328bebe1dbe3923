"""Renders chats with transformers: python chat-templates.py FOLDER > chat-templates.json, where FOLDER holds the
GPT-2 tokenizer with the special tokens <|im_start|> <|im_end|> <|user|> <|assistant|> </s> and the default template."""

import json
import sys

import transformers

tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])

templates = {
    "default": tokenizer.chat_template,
    "turns": (
        "{{- bos_token }}\n"
        "{%- if messages[0]['role'] == 'system' %}\n"
        "    {%- set system = messages[0]['content'] | trim %}\n"
        "    {%- set turns = messages[1:] %}\n"
        "{%- else %}\n"
        "    {%- set system = 'Be brief.' %}\n"
        "    {%- set turns = messages %}\n"
        "{%- endif %}\n"
        "{{- '<|im_start|>system\\n' + system + '<|im_end|>\\n' }}\n"
        "{%- for turn in turns %}\n"
        "    {%- if (turn.role == 'user') != (loop.index0 % 2 == 0) %}\n"
        "        {{- raise_exception('user and assistant take turns') }}\n"
        "    {%- endif %}\n"
        "    {%- if turn.role == 'assistant' %}\n"
        "        {{- '<|assistant|>\\n' }}\n"
        "        {%- generation %}\n"
        "        {{- turn.content | trim + eos_token }}\n"
        "        {%- endgeneration %}\n"
        "    {%- else %}\n"
        "        {{- '<|user|>\\n' + turn.content | trim + '\\n' }}\n"
        "    {%- endif %}\n"
        "    {%- if not loop.last %}{{- '\\n' }}{%- endif %}\n"
        "{%- endfor %}\n"
        "{%- if add_generation_prompt %}\n"
        "    {{- '<|assistant|>\\n' }}\n"
        "{%- endif %}\n"
    ),
    "plain": (
        "{% for m in messages %}\n"
        "  {% if m['role'] == 'user' %}\n"
        "[{{ loop.index }}] {{ m['content']|upper }}\n"
        "  {% else %}\n"
        "{{ m['role']|title }}: {{ m['content'] }}</s>\n"
        "  {% endif %}\n"
        "{% endfor %}\n"
        "{% if add_generation_prompt %}Assistant: {% endif %}"
    ),
    "tools": (
        "{% if tools is defined and tools %}<|user|>{{ tools | tojson }}\n{% endif %}"
        "{% set ns = namespace(count=0) %}"
        "{% for m in messages %}{% if m.content is string and 'egg' in m.content %}{% set ns.count = ns.count + 1 %}"
        "{% endif %}{{ '<|user|>' if m.role == 'user' else '<|assistant|>' }}{{ m.content }}{{ m.name | default('') }}"
        "</s>{% endfor %}eggs: {{ ns.count }}{% if add_generation_prompt %}<|assistant|>{% endif %}"
    ),
}

chats = [
    [{"role": "user", "content": "What does egg mean?"}],
    [
        {"role": "system", "content": " You define words. "},
        {"role": "user", "content": "What does egg mean?"},
        {"role": "assistant", "content": "An oval reproductive body; ä 😀."},
        {"role": "user", "content": "And «œuf»?\n\nIn one line."},
        {"role": "assistant", "content": "French: an egg.\n"},
    ],
    [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
]
tools = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}]

cases = []
for name, template in templates.items():
    for chat, messages in enumerate(chats):
        case = {"template": name, "chat": chat}
        extra = {"tools": tools} if name == "tools" else {}
        try:
            common = dict(chat_template=template, **extra)
            case["text"] = tokenizer.apply_chat_template(messages, tokenize=False, **common)
            case["prompt"] = tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **common
            )
            encoded = tokenizer.apply_chat_template(
                messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True, **common
            )
            case["ids"] = encoded["input_ids"]
            if "generation" in template.split("add_generation_prompt")[0]:
                case["mask"] = encoded["assistant_masks"]
        except Exception as error:  # raise_exception of a template
            case["error"] = str(error)
        cases.append(case)

json.dump(
    {
        "peer": "transformers",
        "version": transformers.__version__,
        "command": "python test/golden/chat-templates.py FOLDER > test/golden/chat-templates.json",
        "templates": templates,
        "chats": chats,
        "tools": tools,
        "cases": cases,
    },
    sys.stdout,
    ensure_ascii=False,
    indent=1,
)
