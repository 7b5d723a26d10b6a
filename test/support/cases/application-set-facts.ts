import { createSeededRandom } from '../../../src/base/random.js'
import { createMemoryTree } from '../../../src/delivery/render/memory-tree.js'
import type { Generation, GenerationPorts } from '../../../src/dialects/argo-cd/application-set/generate-applications.js'
import type {
  ClusterFacts,
  DecisionResources,
  GeneratorContext,
} from '../../../src/dialects/argo-cd/application-set/generators/contract.js'
import type { Params } from '../../../src/dialects/argo-cd/application-set/params.js'
import { runGenerator } from '../../../src/dialects/argo-cd/application-set/run-generator.js'
import { createTextRenderer } from '../../../src/dialects/argo-cd/application-set/text-renderer.js'
import type { ApplicationSet, Generator } from '../../../src/dialects/argo-cd/kinds/application-set.js'
import type { FunctionTable } from '../../../src/formats/go-template/functions.js'
import { applicationSetProfile } from '../../../src/formats/go-template/profiles.js'
import { parseYaml } from '../../../src/formats/yaml/parse-yaml.js'

/** Facts for tests of generators: two clusters and one repository, unless others are given. */
export const testFunctions: FunctionTable = applicationSetProfile({ clock: { now: () => 0 }, random: createSeededRandom(1) })

export const testRepository = 'https://git.example.com/org/config.git'

export function testCluster(name: string, labels: Record<string, string> = {}, more: Partial<ClusterFacts> = {}): ClusterFacts {
  return { name, server: `https://${name}.example.com`, project: '', labels, annotations: {}, ...more }
}

export interface TestFacts {
  readonly clusters?: readonly ClusterFacts[]
  /** Files of the one repository. */
  readonly files?: Readonly<Record<string, string>>
  /** What schedulers have decided; without it nothing can be read. */
  readonly decisions?: DecisionResources
}

/** Ports over fixed facts; another repository than testRepository is an error. */
export function testPorts({ clusters, files, decisions }: TestFacts = {}): GenerationPorts {
  return {
    clusters: clusters ?? [
      testCluster('west', { env: 'production', region: 'us-west' }),
      testCluster('east', { env: 'production' }),
    ],
    repositories: {
      async resolve(url, revision) {
        if (url !== testRepository) throw new Error(`repository ${url} cannot be read`)
        return `commit-of-${revision}`
      },
      async tree() {
        return createMemoryTree(files ?? {})
      },
    },
    decisions: decisions ?? { settings: nothingDecided, list: nothingDecided },
    functions: testFunctions,
  }
}

async function nothingDecided(): Promise<never> {
  throw new Error('decisions cannot be read')
}

/** Runs one generator, written in YAML, and gives its parameters. */
export async function runTestGenerator(
  generator: string | Generator,
  options: TestFacts & {
    goTemplate?: boolean
    goTemplateOptions?: string[]
    newGitFileGlobbing?: boolean
    warnings?: string[]
  } = {},
): Promise<Params[]> {
  const ports = testPorts(options)
  const context: Omit<GeneratorContext, 'runNested'> = {
    text: createTextRenderer(
      { goTemplate: options.goTemplate ?? true, goTemplateOptions: options.goTemplateOptions },
      testFunctions,
    ),
    clusters: ports.clusters,
    repositories: ports.repositories,
    decisions: ports.decisions,
    newGitFileGlobbing: options.newGitFileGlobbing === true,
    warn: (message) => void options.warnings?.push(message),
  }
  const entry = typeof generator === 'string' ? (parseYaml(generator) as unknown as Generator) : generator
  return (await runGenerator(entry, context)).flatMap((outcome) => outcome.params)
}

/** An ApplicationSet from the YAML of its spec. */
export function testApplicationSet(spec: string, metadata: Partial<ApplicationSet['metadata']> = {}): ApplicationSet {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'set', namespace: 'argocd', uid: 'uid-of-set', ...metadata },
    spec: parseYaml(spec) as unknown as ApplicationSet['spec'],
  }
}

/** The messages of a generation that failed. */
export function problemsOf(generation: Generation): string[] {
  return generation.problems.map((problem) => problem.message)
}
