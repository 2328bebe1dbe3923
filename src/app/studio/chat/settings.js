// The settings drawer: values live in the form, are remembered in this browser, and become fields of the request.

const form = document.querySelector('#options');
const drawer = document.querySelector('#drawer');
const shade = document.querySelector('#shade');
const button = document.querySelector('#settings');
const stored = 'abovo.settings';

const field = (name) => form.elements.namedItem(name);

function show() {
  for (const input of form.querySelectorAll('input[type=range]')) {
    input.parentElement.querySelector('output').textContent = input.value;
  }
}

function load() {
  let values = {};
  try {
    values = JSON.parse(localStorage.getItem(stored) ?? '{}');
  } catch {
    localStorage.removeItem(stored);
  }
  for (const [name, value] of Object.entries(values)) {
    if (field(name) && name !== 'key') field(name).value = value;
  }
  field('key').value = sessionStorage.getItem('abovo.key') ?? '';
  show();
}

function save() {
  const values = Object.fromEntries(new FormData(form));
  // A key stays in this tab and is forgotten with it.
  sessionStorage.setItem('abovo.key', values.key);
  delete values.key;
  localStorage.setItem(stored, JSON.stringify(values));
  show();
}

export function openDrawer(open, focus) {
  drawer.classList.toggle('open', open);
  drawer.inert = !open;
  shade.hidden = !open;
  button.setAttribute('aria-expanded', String(open));
  if (open) field(focus ?? 'temperature').focus();
  else button.focus();
}

export const apiKey = () => field('key').value.trim();
export const systemPrompt = () => field('system').value.trim();

/** Fields of a request; what stands at its default is left out. */
export function requestFields() {
  const number = (name) => (field(name).value === '' ? undefined : Number(field(name).value));
  const values = {
    temperature: number('temperature'),
    top_p: number('top_p') === 1 ? undefined : number('top_p'),
    min_p: number('min_p') || undefined,
    repetition_penalty: number('repetition_penalty') === 1 ? undefined : number('repetition_penalty'),
    top_k: number('top_k') || undefined,
    max_tokens: number('max_tokens'),
    seed: number('seed'),
    stop: field('stop').value || undefined,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Calls back when the API key was changed. */
export function startSettings(onKey) {
  load();
  form.addEventListener('input', save);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(save));
  field('key').addEventListener('change', onKey);
  button.addEventListener('click', () => openDrawer(!drawer.classList.contains('open')));
  document.querySelector('#close').addEventListener('click', () => openDrawer(false));
  shade.addEventListener('click', () => openDrawer(false));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && drawer.classList.contains('open')) openDrawer(false);
  });
}
