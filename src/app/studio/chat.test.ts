import { type Browser, chromium as playwright, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { chromium } from '../../../test/support.js';
import { simulateModel } from '../../model/generation/testing/index.js';
import { hashApiKey, Pages, type RunningServer, type ServeOptions, startServer } from '../../service/serving/index.js';
import { chatPages } from './index.js';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
let browser: Browser | undefined;

describe('the chat page', () => {
  beforeAll(async () => {
    let executablePath = '';
    let missing = false;
    executablePath = chromium({
      skip: (() => {
        missing = true;
      }) as never,
    });
    if (!missing) browser = await playwright.launch({ executablePath, args });
  });
  afterAll(() => browser?.close());

  async function visit(
    context: TestContext,
    options: Partial<ServeOptions> & { model?: ReturnType<typeof simulateModel> },
    run: (page: Page, server: RunningServer) => Promise<void>,
  ) {
    chromium(context);
    const { model = simulateModel(), ...rest } = options;
    const server = await startServer({ models: [model], port: 0, pages: new Pages(chatPages), ...rest });
    const page = await browser!.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // A refused request is part of some tests; a broken policy or a script error never is.
      if (message.type() === 'error' && !/status of (401|503)/.test(message.text())) problems.push(message.text());
    });
    try {
      await page.goto(server.url);
      await run(page, server);
      expect(problems).toEqual([]);
    } finally {
      await page.close();
      await server.close(0.2);
    }
  }
  const ask = async (page: Page, text: string) => {
    await page.fill('#input', text);
    await page.press('#input', 'Enter');
  };
  const done = (page: Page) => page.waitForSelector('body:not(.busy) #log .foot button');

  it('streams an answer as text, whatever is in it', async (context) => {
    const says = '<img src=x onerror="document.title=1"> & **bold**\nsecond line';
    await visit(context, { model: simulateModel({ says, interTokenLatency: 2 }) }, async (page) => {
      await ask(page, '<b>hi</b>');
      await done(page);
      expect(await page.textContent('.assistant .text')).toBe(says);
      expect(await page.textContent('.user')).toBe('<b>hi</b>');
      expect(await page.locator('#log img, #log b').count()).toBe(0);
      expect(await page.textContent('.figures')).toMatch(
        new RegExp(`^${says.length + 1} tokens · \\d+ tokens/s · first after \\d+ ms$`),
      );
      await ask(page, 'more');
      await page.waitForFunction(() => document.querySelectorAll('.assistant .foot button').length === 4);
      await page.click('.assistant:last-child >> text=Another answer');
      await done(page);
      expect(await page.locator('.assistant').count()).toBe(2);
    });
  });

  it('stops at the button, and the server’s slot is free', async (context) => {
    const model = simulateModel({ says: 'word '.repeat(200), interTokenLatency: 10 });
    await visit(context, { model }, async (page) => {
      await ask(page, 'go');
      await page.waitForSelector('.assistant .made:not(:empty)');
      await page.click('#send');
      await done(page);
      expect(await page.textContent('.figures')).toMatch(/stopped/);
      await expect.poll(() => model.stats().running).toBe(0);
      expect(model.engine.generated).toBeLessThan(500);
    });
  });

  it('writes on where the model has no chat template, with the settings of the drawer', async (context) => {
    const model = simulateModel({ name: 'base', says: ' there was an egg. The end.', chat: false });
    await visit(context, { model }, async (page) => {
      await page.waitForSelector('body.complete');
      expect(await page.isHidden('.modes')).toBe(true);
      await page.click('#settings');
      await page.fill('[name=stop]', '. The');
      await page.press('[name=stop]', 'Escape');
      await ask(page, 'Once upon a time');
      await done(page);
      expect(await page.textContent('.passage .text')).toBe('Once upon a time there was an egg');
      await page.click('.passage .foot >> text=Continue');
      await page.waitForFunction(() => document.querySelectorAll('.made').length === 2);
      await page.reload();
      expect(await page.inputValue('[name=stop]')).toBe('. The');
    });
  });

  it('asks for no more than the context holds, and lets the oldest turns go', async (context) => {
    const model = simulateModel({ says: 'abcdefghij', contextLength: 64 });
    await visit(context, { model }, async (page) => {
      for (let turn = 1; turn <= 4; turn++) {
        await ask(page, `question ${turn}`);
        await page.waitForFunction((n) => document.querySelectorAll('.assistant .figures').length === n, turn);
        await done(page);
        await expect.poll(() => page.textContent('.assistant:last-child .made')).toBe('abcdefghij');
      }
      expect(await page.textContent('.assistant:last-child .figures')).toMatch(/earlier turns left out/);
      expect(await page.isHidden('#notice')).toBe(true);
      await ask(page, 'x'.repeat(100));
      await page.waitForSelector('#notice:not([hidden])');
      expect(await page.textContent('#notice')).toMatch(/context of 64 tokens/);
    });
  });

  it('asks for a key where the server wants one, and says what went wrong', async (context) => {
    const model = simulateModel({ says: 'yes', interTokenLatency: 30, maxSequences: 1 });
    await visit(context, { model, apiKeys: [hashApiKey('a', 'sk-a')], maxQueue: 0 }, async (page, server) => {
      await page.waitForSelector('#drawer.open');
      expect(await page.textContent('#notice')).toMatch(/API key/);
      await page.fill('[name=key]', 'sk-a');
      await page.press('[name=key]', 'Tab');
      await page.waitForSelector('#model option', { state: 'attached' });
      await page.keyboard.press('Escape');
      const other = fetch(`${server.url}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-a' },
        body: JSON.stringify({ prompt: 'p', max_tokens: 100, ignore_eos: true, stream: true }),
      });
      await other;
      await ask(page, 'hello');
      await page.waitForSelector('#notice:not([hidden])');
      expect(await page.textContent('#notice')).toMatch(/busy/);
    });
  });
});
