import type { VersionConversion } from './resource.js'
import type { Strategy } from './strategy.js'

/** Built-in resources whose version is not the stored one, by `apiVersion/plural`. */
export const builtInConversions: Readonly<Record<string, VersionConversion & { stored: string; strategy?: Strategy }>> = {}
