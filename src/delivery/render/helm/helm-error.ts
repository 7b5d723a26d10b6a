import { Stalled } from '../../../base/errors.js'

/** A chart, or what is set for it, cannot be rendered. The message is what `helm template` prints after `Error: `. */
export class HelmError extends Stalled {
  constructor(message: string, options: { fix?: string; cause?: unknown; code?: string } = {}) {
    super({
      code: options.code ?? 'helm-template-failed',
      message,
      fix: options.fix ?? 'Correct the chart or its values at the place that the message names.',
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    })
  }
}
