import { clusterDecisionResourceGenerator } from './cluster-decision-resource.js'
import { clustersGenerator } from './clusters.js'
import type { GeneratorKind } from './contract.js'
import { gitGenerator } from './git.js'
import { listGenerator } from './list.js'
import { matrixGenerator } from './matrix.js'
import { mergeGenerator } from './merge.js'

/** Every generator there is, by name. */
export const generatorKinds: ReadonlyMap<string, GeneratorKind> = new Map(
  [clusterDecisionResourceGenerator, clustersGenerator, gitGenerator, listGenerator, matrixGenerator, mergeGenerator].map(
    (kind) => [kind.name, kind],
  ),
)
