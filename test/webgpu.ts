import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { createOrtExecutor } from '../src/compiler/runtime/index.node.js';
import type { OrtExecutor } from '../src/compiler/runtime/index.node.js';

/** Chromium brings a driver that computes on the CPU, and Vulkan's loader. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loader = '/usr/lib/chromium/libvulkan.so.1';
/** RTLD_NODELETE: the library stays when Node finds that it is no addon. */
const noDelete = 0x1000;

const hasDriver = () =>
  process.platform !== 'linux' ||
  process.env.VK_DRIVER_FILES !== undefined ||
  ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].some(
    (folder) => existsSync(folder) && readdirSync(folder).length > 0,
  );

/** Opens WebGPU on this machine's adapter, else on SwiftShader; where there is neither, gives the reason. */
export async function openWebGpu(): Promise<OrtExecutor | string> {
  // Before the first attempt: the engine looks for drivers once.
  if (!hasDriver() && existsSync(swiftShader)) {
    process.env.VK_DRIVER_FILES = swiftShader;
    try {
      process.dlopen({ exports: {} }, loader, constants.dlopen.RTLD_NOW | noDelete);
    } catch {
      // Node refuses every library that is no addon, after loading it.
    }
  }
  try {
    return await createOrtExecutor({ device: 'webgpu' });
  } catch (error) {
    return (error as Error).message;
  }
}
