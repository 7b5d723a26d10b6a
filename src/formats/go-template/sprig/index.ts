import type { Clock } from '../../../base/clock.js'
import type { Random } from '../../../base/random.js'
import type { FunctionTable } from '../functions.js'
import { conversionFunctions } from './conversion.js'
import { dateFunctions } from './dates.js'
import { defaultFunctions } from './defaults.js'
import { dictFunctions } from './dicts.js'
import { encodingFunctions } from './encoding.js'
import { listFunctions } from './lists.js'
import { numberFunctions } from './numbers.js'
import { pathFunctions } from './paths.js'
import { randomFunctions } from './random.js'
import { regexFunctions } from './regex.js'
import { semverFunctions } from './semver.js'
import { stringFunctions } from './strings.js'
import { urlFunctions } from './urls.js'

export interface SprigPorts {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

/**
 * The functions of sprig v3 but for those that read the machine (env, expandenv, getHostByName) and those that make
 * keys, certificates and password hashes.
 */
export function createSprig({ clock, random }: SprigPorts): FunctionTable {
  return new Map([
    ...conversionFunctions(),
    ...dateFunctions(clock),
    ...defaultFunctions(),
    ...dictFunctions(),
    ...encodingFunctions(),
    ...listFunctions(),
    ...numberFunctions(random),
    ...pathFunctions(),
    ...randomFunctions(random),
    ...regexFunctions(),
    ...semverFunctions(),
    ...stringFunctions(random),
    ...urlFunctions(),
  ])
}
