import { messageOf, Stalled } from '../../../base/errors.js'

/** Why a kustomization does not build; a person must change it. */
export function buildError(message: string, fix?: string): Stalled {
  return new Stalled({ code: 'kustomize-build-failed', message, ...(fix === undefined ? {} : { fix }) })
}

/** The same failure, said to have happened in `where`. */
export function buildErrorIn(where: string, error: unknown): Stalled {
  if (error instanceof Stalled && error.message.startsWith(where)) return error
  const fix = error instanceof Stalled ? error.fix : undefined
  return new Stalled({
    code: error instanceof Stalled ? error.code : 'kustomize-build-failed',
    message: `${where}: ${messageOf(error)}`,
    ...(fix === undefined ? {} : { fix }),
    cause: error,
  })
}
