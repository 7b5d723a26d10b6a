import { CodedError } from '../../base/errors.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** A commit expected another state of the object than the current one. Nothing was changed. */
export class Superseded extends CodedError {
  /** What is there now; undefined: nothing. */
  readonly current: KubeObject | undefined
  constructor(resource: string, key: string, expected: string, current: KubeObject | undefined) {
    const found = current === undefined ? 'it does not exist' : `it is at ${current.metadata.resourceVersion}`
    super({
      code: 'superseded',
      message: `${resource} ${key} was expected ${expected === '' ? 'not to exist' : `at revision ${expected}`}, but ${found}`,
      fix: 'Read the object again and repeat the change on what is there.',
    })
    this.current = current
  }
}
