// The chat page: chats where the model has a chat template, else writes on from what is given.
// Everything a model or a user wrote reaches the page as text, never as markup.
import { countTokens, listModels, ServerError, stream } from './api.js';
import { apiKey, openDrawer, requestFields, startSettings, systemPrompt } from './settings.js';

const $ = (selector) => document.querySelector(selector);
const input = $('#input');
const log = $('#log');
const main = $('main');

const starters = {
  chat: ['What does “egg” mean?', 'What does “wander” mean?', 'What does “gentle” mean?'],
  complete: ['Once upon a time', 'The old lighthouse', 'egg:'],
};

let models = [];
let mode = 'chat';
/** Turns of the chat so far. */
let messages = [];
let running;

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function notice(text) {
  $('#notice').textContent = text ?? '';
  $('#notice').hidden = !text;
  if (text) $('#notice').scrollIntoView({ block: 'nearest' });
}

const model = () => models.find((one) => one.id === $('#model').value);

/** Follows the text down, unless the reader has scrolled up. */
function follow(change) {
  const atEnd = main.scrollHeight - main.scrollTop - main.clientHeight < 60;
  change();
  if (atEnd) main.scrollTop = main.scrollHeight;
}

function setMode(next) {
  mode = next;
  document.body.classList.toggle('complete', mode === 'complete');
  for (const button of document.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-checked', String(button.dataset.mode === mode));
  }
  input.placeholder = mode === 'chat' ? 'Message' : 'Begin a text; the model writes on';
  $('#greeting').textContent = mode === 'chat' ? 'Ask away' : 'Begin a text';
  $('#starters').replaceChildren(
    ...starters[mode].map((text) => {
      const button = element('button', '', text);
      button.type = 'button';
      button.addEventListener('click', () => send(text));
      return button;
    }),
  );
  reset();
}

function reset() {
  running?.abort();
  messages = [];
  log.replaceChildren();
  $('#welcome').hidden = false;
  notice();
  input.focus();
}

function setModel() {
  const one = model();
  if (!one) return;
  const chat = one.capabilities?.chat ?? true;
  $('.modes').hidden = !chat;
  $('#about').textContent = chat
    ? `${one.id} answers on this machine.`
    : `${one.id} has not been tuned on chats: it writes on from what you give it.`;
  document.title = `${one.id} · abovo`;
  setMode(chat ? 'chat' : 'complete');
}

async function loadModels() {
  try {
    models = await listModels(apiKey());
    $('#model').replaceChildren(...models.map((one) => new Option(one.id)));
    $('#model').disabled = models.length < 2;
    setModel();
  } catch (error) {
    notice(error.message);
    if (error.status === 401) openDrawer(true, 'key');
  }
}

function setRunning(controller) {
  running = controller;
  document.body.classList.toggle('busy', Boolean(controller));
  $('#send').setAttribute('aria-label', controller ? 'Stop' : 'Send');
  $('#send').title = controller ? 'Stop (Escape)' : 'Send (Enter)';
  $('#send').disabled = !controller && input.value.trim() === '';
}

function action(label, run) {
  const button = element('button', '', label);
  button.type = 'button';
  button.addEventListener('click', run);
  return button;
}

/** Leaves this many tokens of the context for an answer before it forgets old turns. */
const answerRoom = 48;

/** The request with no more tokens to write than the context has room for. */
async function fit(body, key) {
  const { count, contextLength } = await countTokens(
    { model: body.model, prompt: body.prompt, messages: body.messages },
    key,
  );
  const room = contextLength - count;
  if (room >= Math.min(answerRoom, contextLength / 2) || !canForget(body)) {
    if (room > 0) return { ...body, max_tokens: Math.min(body.max_tokens ?? room, room) };
    throw new ServerError(400, `This fills the model's context of ${contextLength} tokens; begin a new one.`);
  }
  // A small context fills soon: the oldest question and its answer go first, a system prompt stays.
  const system = body.messages.filter((message) => message.role === 'system');
  const turns = body.messages.slice(system.length);
  return fit({ ...body, messages: [...system, ...turns.slice(2)] }, key);
}

const canForget = (body) => (body.messages?.filter((message) => message.role !== 'system').length ?? 0) > 2;

/** Streams one answer into `item`; returns its text. */
async function write(item, path, body) {
  const text = element('span', 'made');
  item.querySelector('.text').append(text);
  item.classList.add('writing');
  const foot = item.querySelector('.foot');
  foot.replaceChildren(element('span', 'figures', '…'));
  const controller = new AbortController();
  setRunning(controller);
  notice();
  const began = performance.now();
  let first = 0;
  let pieces = 0;
  let tokens = 0;
  let reason = '';
  let forgotten = 0;
  try {
    const request = await fit(body, apiKey());
    forgotten = (body.messages?.length ?? 0) - (request.messages?.length ?? 0);
    for await (const event of stream(path, request, { key: apiKey(), signal: controller.signal })) {
      tokens = event.usage?.completion_tokens ?? tokens;
      const choice = event.choices[0];
      if (!choice) continue;
      reason = choice.finish_reason ?? reason;
      const piece = choice.delta ? (choice.delta.content ?? '') : choice.text;
      if (piece === '') continue;
      first ||= performance.now();
      pieces++;
      follow(() => text.append(piece));
      const seconds = (performance.now() - first) / 1000;
      if (pieces > 1) foot.firstChild.textContent = `${((pieces - 1) / seconds).toFixed(0)} tokens/s`;
    }
  } catch (error) {
    if (controller.signal.aborted) reason = 'stopped';
    else {
      notice(error.message);
      if (error.status === 401) openDrawer(true, 'key');
    }
  }
  const end = performance.now();
  if (running === controller) setRunning(undefined);
  item.classList.remove('writing');
  tokens ||= pieces;
  const figures = [`${tokens} ${tokens === 1 ? 'token' : 'tokens'}`];
  if (tokens > 1 && end > first && first)
    figures.push(`${(((tokens - 1) / (end - first)) * 1000).toFixed(0)} tokens/s`);
  if (first) figures.push(`first after ${Math.round(first - began)} ms`);
  if (forgotten > 0) figures.push('earlier turns left out');
  if (reason === 'length') figures.push('cut at the token limit');
  if (reason === 'stopped') figures.push('stopped');
  follow(() => foot.replaceChildren(element('span', 'figures', figures.join(' · '))));
  foot.append(action('Copy', () => navigator.clipboard?.writeText(item.querySelector('.text').textContent)));
  return text.textContent;
}

async function chat(text) {
  messages.push({ role: 'user', content: text });
  follow(() => log.append(element('li', 'user text', text)));
  await answerChat();
}

async function answerChat() {
  const turn = messages.length;
  const item = element('li', 'assistant');
  item.append(element('div', 'text'), element('div', 'foot'));
  follow(() => log.append(item));
  main.scrollTop = main.scrollHeight;
  const system = systemPrompt();
  const answer = await write(item, '/v1/chat/completions', {
    model: model().id,
    messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
    ...requestFields(),
  });
  if (messages.length !== turn) return;
  messages.push({ role: 'assistant', content: answer });
  item.querySelector('.foot').append(
    action('Another answer', () => {
      if (running || messages.length !== turn + 1) return;
      messages.pop();
      item.remove();
      void answerChat();
    }),
  );
}

async function complete(text) {
  const item = element('li', 'passage');
  const body = element('div', 'text');
  body.append(element('span', 'given', text));
  item.append(body, element('div', 'foot'));
  follow(() => log.append(item));
  main.scrollTop = main.scrollHeight;
  const more = async () => {
    if (running) return;
    await write(item, '/v1/completions', { model: model().id, prompt: body.textContent, ...requestFields() });
    item.querySelector('.foot').append(action('Continue', more));
  };
  await more();
}

function send(text) {
  if (running || text.trim() === '' || !model()) return;
  $('#welcome').hidden = true;
  input.value = '';
  void (mode === 'chat' ? chat(text.trim()) : complete(text));
}

$('#composer').addEventListener('submit', (event) => {
  event.preventDefault();
  if (running) running.abort();
  else send(input.value);
});
input.addEventListener('input', () => setRunning(running));
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!running) send(input.value);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') running?.abort();
});
for (const button of document.querySelectorAll('[data-mode]')) {
  button.addEventListener('click', () => setMode(button.dataset.mode));
}
$('#model').addEventListener('change', setModel);
$('#new').addEventListener('click', reset);
$('#theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('abovo.theme', root.dataset.theme);
});

const theme = localStorage.getItem('abovo.theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
startSettings(loadModels);
setRunning(undefined);
void loadModels();
