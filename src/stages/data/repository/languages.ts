/** Programming and markup languages by the ending of a file, under linguist's names. */
export const languageOfEnding: Readonly<Record<string, string>> = {
  ts: 'TypeScript', tsx: 'TSX', mts: 'TypeScript', cts: 'TypeScript', js: 'JavaScript', mjs: 'JavaScript', cjs: 'JavaScript', jsx: 'JavaScript', py: 'Python', pyi: 'Python', ipynb: 'Jupyter Notebook',
  c: 'C', h: 'C', cc: 'C++', cpp: 'C++', cxx: 'C++', hpp: 'C++', hh: 'C++', cs: 'C#', java: 'Java', kt: 'Kotlin', kts: 'Kotlin', scala: 'Scala', go: 'Go', rs: 'Rust', rb: 'Ruby', php: 'PHP', swift: 'Swift', m: 'Objective-C',
  hs: 'Haskell', ml: 'OCaml', mli: 'OCaml', fs: 'F#', clj: 'Clojure', erl: 'Erlang', ex: 'Elixir', exs: 'Elixir', lua: 'Lua', pl: 'Perl', pm: 'Perl', r: 'R', jl: 'Julia', dart: 'Dart', zig: 'Zig', nim: 'Nim', v: 'V', sol: 'Solidity',
  sh: 'Shell', bash: 'Shell', zsh: 'Shell', ps1: 'PowerShell', sql: 'SQL', html: 'HTML', htm: 'HTML', css: 'CSS', scss: 'SCSS', less: 'Less', vue: 'Vue', svelte: 'Svelte', xml: 'XML', json: 'JSON', yaml: 'YAML', yml: 'YAML', toml: 'TOML', ini: 'INI',
  md: 'Markdown', rst: 'reStructuredText', tex: 'TeX', txt: 'Text', proto: 'Protocol Buffer', graphql: 'GraphQL', tf: 'HCL', cmake: 'CMake', gradle: 'Gradle', asm: 'Assembly', s: 'Assembly', cu: 'Cuda', glsl: 'GLSL', wgsl: 'WGSL', f90: 'Fortran', lisp: 'Common Lisp', el: 'Emacs Lisp', scm: 'Scheme', rkt: 'Racket', tcl: 'Tcl', vb: 'Visual Basic .NET', pas: 'Pascal', d: 'D', cr: 'Crystal',
}; // biome-ignore format: a table

const byName: Readonly<Record<string, string>> = {
  Makefile: 'Makefile',
  Dockerfile: 'Dockerfile',
  Rakefile: 'Ruby',
  Gemfile: 'Ruby',
  'CMakeLists.txt': 'CMake',
};

/** Language of a file by its name, or undefined where it is none that people write. */
export function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return byName[name] ?? (dot > 0 ? languageOfEnding[name.slice(dot + 1).toLowerCase()] : undefined);
}
