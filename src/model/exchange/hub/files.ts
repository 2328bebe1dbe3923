/** What a model folder is made of: everything else of a repository is left where it is unless it is asked for. */
const wanted = [
  /^config\.json$/,
  /^generation_config\.json$/,
  /^(?:[^/]+\.)?safetensors$|^[^/]+\.safetensors$/,
  /^[^/]+\.safetensors\.index\.json$/,
  /^(?:tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json$/,
  /^(?:vocab\.(?:json|txt)|merges\.txt|spiece\.model|tokenizer\.model)$/,
  /^chat_template\.(?:jinja|json)$/,
  /^(?:README|LICENSE)(?:\.[a-z]+)?$/i,
  /^(?:modules|sentence_bert_config|config_sentence_transformers)\.json$/,
  /^1_Pooling\/config\.json$/,
  /^adapter_config\.json$/,
];

/** Whether a file of a repository belongs to a model folder, or matches what was asked for besides. */
export function isWanted(path: string, include: readonly RegExp[] = []): boolean {
  return (
    isSafe(path) && (wanted.some((pattern) => pattern.test(path)) || include.some((pattern) => pattern.test(path)))
  );
}

/** A path of a stranger's repository that stays inside the folder it is written to. */
export function isSafe(path: string): boolean {
  const parts = path.split('/');
  return (
    path.length <= 1024 &&
    !/[\\:\0]/.test(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.pull')
  );
}

/** `*` within a name, `**` across folders. */
export function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*|\*|\?/g, (star) => ({ '**': '.*', '*': '[^/]*', '?': '[^/]' })[star] as string);
  return new RegExp(`^${source}$`);
}
