import { BugError } from '../base/errors.js'
import type { KubeObject } from '../kube/object/kube-object.js'
import type { ControllerDefinition } from './contract.js'

/** Declares a controller; the types of its object and services are checked, nothing is started. */
export function defineController<T extends KubeObject, Services>(
  definition: ControllerDefinition<T, Services>,
): ControllerDefinition<T, Services> {
  // It becomes a field manager, which servers cut off at 128 characters and refuse when not printable.
  if (!/^[a-z0-9][-a-z0-9/.]{0,127}$/.test(definition.name)) {
    throw new BugError({
      code: 'bad-controller-name',
      message: `controller name "${definition.name}": expected at most 128 of a-z, 0-9, "-", "." and "/"`,
    })
  }
  return definition
}
