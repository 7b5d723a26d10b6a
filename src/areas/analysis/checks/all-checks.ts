import type { Check } from '../contract.js'
import { accessChecks } from './access/index.generated.js'
import { federationChecks } from './federation/index.generated.js'
import { gitopsChecks } from './gitops/index.generated.js'
import { lifecycleChecks } from './lifecycle/index.generated.js'
import { networkChecks } from './network/index.generated.js'
import { schemaChecks } from './schema/index.generated.js'
import { servicesChecks } from './services/index.generated.js'
import { trafficChecks } from './traffic/index.generated.js'

/** Every check there is, by topic. */
export const allChecks: readonly Check[] = [
  ...schemaChecks,
  ...networkChecks,
  ...servicesChecks,
  ...trafficChecks,
  ...gitopsChecks,
  ...federationChecks,
  ...lifecycleChecks,
  ...accessChecks,
]
