import type { AdmissionPlugin } from './contract.js'

/** The built-in plugins in the order in which they run. */
export const builtInPlugins: readonly AdmissionPlugin[] = []
