/**
 * Web pages of abovo: `chatPages` is the folder with the chat page that `serve` puts at `/`.
 *
 * @module
 * @example
 * ```ts
 * import { readdirSync } from 'node:fs';
 * import { chatPages } from 'abovo/studio';
 * readdirSync(chatPages).includes('index.html'); // true
 * ```
 */
import { fileURLToPath } from 'node:url';

/** Folder of the chat page: plain HTML, CSS and modules that ask the serving API they came from. */
export const chatPages: string = fileURLToPath(new URL('./chat', import.meta.url));
