import type { CelEnvironment, CelType } from '../../formats/cel/contract.js'
import { createCelEnvironment } from '../../formats/cel/environment.js'
import {
  listsLibrary,
  optionalsLibrary,
  regexLibrary,
  setsLibrary,
  twoVariableLibrary,
} from '../../formats/cel/library/collections.js'
import { costLibrary } from '../../formats/cel/library/costs.js'
import { standardLibrary } from '../../formats/cel/library/standard.js'
import { stringsLibrary } from '../../formats/cel/library/strings.js'
import { authorizerLibrary } from './authorizer.js'
import { kubernetesCosts } from './costs.js'
import { formatLibrary } from './named-formats.js'
import { networkLibrary } from './network.js'
import { quantityLibrary } from './quantity.js'
import { semverLibrary } from './semver.js'
import { urlLibrary } from './url.js'

export interface KubernetesCelOptions {
  readonly variables?: Readonly<Record<string, CelType>>
  /** True for custom resources, false for admission policies (see CelEnvironmentOptions). */
  readonly declaredSizes?: boolean
}

/** What one evaluation may cost: Kubernetes' limit for each call. */
export const perCallLimit = 1_000_000

/** The environment of Kubernetes 1.33: its libraries, options and limits. */
export function createKubernetesCelEnvironment(options: KubernetesCelOptions = {}): CelEnvironment {
  return createCelEnvironment({
    libraries: [
      standardLibrary,
      urlLibrary,
      regexLibrary,
      listsLibrary,
      authorizerLibrary,
      optionalsLibrary,
      quantityLibrary,
      stringsLibrary,
      setsLibrary,
      networkLibrary,
      formatLibrary,
      twoVariableLibrary,
      semverLibrary,
      costLibrary,
      kubernetesCosts,
    ],
    optionalSyntax: true,
    costLimit: perCallLimit,
    declaredSizes: options.declaredSizes ?? true,
    variables: options.variables ?? {},
  })
}
