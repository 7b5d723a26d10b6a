import { messageOf } from '../../../base/errors.js'
import type { FunctionTable } from '../../../formats/go-template/functions.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'
import { fillTemplate } from './fill-template.js'
import type { ClusterFacts, DecisionResources, GeneratorRepositories } from './generators/contract.js'
import { earliest } from './generators/contract.js'
import { renderApplication } from './render-application.js'
import { type GeneratorOutcome, recheckSecondsOf, runGenerator } from './run-generator.js'
import { createTextRenderer, type TextRenderer } from './text-renderer.js'

export interface GenerationPorts {
  readonly clusters: readonly ClusterFacts[]
  readonly repositories: GeneratorRepositories
  readonly decisions: DecisionResources
  /** The functions of Go templates: applicationSetProfile. Built once, shared by all. */
  readonly functions: FunctionTable
  /** File patterns of the git generator as doublestar globs (upstream's newer globbing) instead of git's own. */
  readonly newGitFileGlobbing?: boolean
}

/** Why nothing may change: the set of wanted applications is not known. */
export interface GenerationProblem {
  readonly reason: 'ApplicationGenerationFromParamsError' | 'RenderTemplateParamsError'
  readonly message: string
  /** What was thrown, for those who must know whether trying again helps. */
  readonly cause: unknown
}

export interface Generation {
  /** In the order of generators and their sets; names may occur twice or be empty. */
  readonly applications: readonly Application[]
  /** Not empty: `applications` is incomplete and must not be acted on. */
  readonly problems: readonly GenerationProblem[]
  /** What upstream accepts without a word and people rarely mean. */
  readonly warnings: readonly string[]
  /** Look again after this many seconds even if nothing is heard. */
  readonly recheckSeconds: number | undefined
}

/** The applications that an ApplicationSet asks for, given what there is. Never throws for what is in the ApplicationSet. */
export async function generateApplications(appSet: ApplicationSet, ports: GenerationPorts): Promise<Generation> {
  const applications: Application[] = []
  const problems: GenerationProblem[] = []
  const warnings: string[] = []
  const generators = appSet.spec.generators ?? []
  const done = () => ({ applications, problems, warnings, recheckSeconds: earliest(generators.map(recheckSecondsOf)) })
  let text: TextRenderer
  try {
    text = createTextRenderer(appSet.spec, ports.functions)
  } catch (error) {
    problems.push(problem('ApplicationGenerationFromParamsError', 'spec', error))
    return done()
  }
  const context = {
    text,
    clusters: ports.clusters,
    repositories: ports.repositories,
    decisions: ports.decisions,
    newGitFileGlobbing: ports.newGitFileGlobbing === true,
    warn: (message: string) => void warnings.push(message),
  }
  if (appSet.spec.strategy?.type === 'RollingSync')
    warnings.push('spec.strategy: RollingSync is not carried out: all applications sync at once')
  for (const [index, generator] of generators.entries()) {
    const where = `spec.generators[${index}]`
    let outcomes: GeneratorOutcome[]
    try {
      outcomes = await runGenerator(generator, context)
    } catch (error) {
      problems.push(problem('ApplicationGenerationFromParamsError', where, error))
      continue
    }
    if (outcomes.length === 0) warnings.push(`${where}: there is no generator in it`)
    for (const outcome of outcomes) renderOutcome(appSet, outcome, text, where, applications, problems)
  }
  for (const application of applications) warnAbout(application, text.goTemplate, warnings)
  return done()
}

function renderOutcome(
  appSet: ApplicationSet,
  outcome: GeneratorOutcome,
  text: TextRenderer,
  where: string,
  applications: Application[],
  problems: GenerationProblem[],
): void {
  const template = fillTemplate(outcome.template, appSet.spec.template)
  for (const [position, params] of outcome.params.entries()) {
    try {
      applications.push(renderApplication(appSet, template, params, text))
    } catch (error) {
      const name = typeof params['name'] === 'string' ? ` (${params['name']})` : ''
      problems.push(
        problem('RenderTemplateParamsError', `${where}, parameters ${position + 1} of ${outcome.params.length}${name}`, error),
      )
    }
  }
}

function problem(reason: GenerationProblem['reason'], where: string, cause: unknown): GenerationProblem {
  return { reason, message: `${where}: ${messageOf(cause)}`, cause }
}

/** What a missing parameter leaves behind: `<no value>` in Go-template mode, the tag itself in the other. Hardly ever wanted. */
function warnAbout(application: Application, goTemplate: boolean, warnings: string[]): void {
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'string') {
      if (value.includes('<no value>')) {
        warnings.push(
          `application ${application.metadata.name}: ${path} contains <no value>: a parameter is missing; goTemplateOptions: ["missingkey=error"] makes that an error`,
        )
      } else if (!goTemplate && /\{\{[^}]*\}\}/.test(value)) {
        warnings.push(`application ${application.metadata.name}: ${path} still has a template in it: ${value}`)
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value))
        visit(member, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`)
    }
  }
  visit(application.metadata.name, 'metadata.name')
  visit(application.spec, 'spec')
}
