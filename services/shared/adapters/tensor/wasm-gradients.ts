/** The gradients of tfjs's kernels, which its bundle for Node leaves out: they are taken from the package's own modules. */
import { createRequire, registerHooks } from 'node:module';

const place = '/@tensorflow/tfjs-core/dist/';

/**
 * Once a process. The modules name each other without an extension, as bundlers like it, so for the time of this one
 * load the extension is added. They register into the one registry that all copies of tfjs share.
 */
export function registerGradients(): void {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const within = context.parentURL?.includes(place) === true && specifier.startsWith('.');
      return next(within && !specifier.endsWith('.js') ? `${specifier}.js` : specifier, context);
    },
  });
  try {
    createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  } finally {
    hooks.deregister();
  }
}
