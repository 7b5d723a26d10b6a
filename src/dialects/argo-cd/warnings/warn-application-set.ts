import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { TemplateBudgetError } from '../../../formats/go-template/errors.js'
import type { Budget } from '../../../formats/go-template/exec.js'
import { fillTemplate } from '../application-set/fill-template.js'
import { generatorKinds } from '../application-set/generators/index.js'
import { compileIgnoredDifferences } from '../application-set/ignored-differences.js'
import { renderApplication } from '../application-set/render-application.js'
import { createTextRenderer, type TextRenderer } from '../application-set/text-renderer.js'
import { validateApplications } from '../application-set/validate-applications.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet, ApplicationSetTemplate, Generator, Selector } from '../kinds/application-set.js'
import { defaultProjectName } from '../project/default-project.js'
import { explainNoMatch } from './explain-selector.js'
import type { WarningFacts } from './facts.js'
import { type KnownSets, knownSets } from './known-sets.js'
import { listNames } from './list-names.js'
import { templateTexts } from './template-texts.js'
import { explainDestination, explainMissingProject, findProject, warnSpec } from './warn-application.js'
import { warnSources } from './warn-source.js'
import { warnSyncOptions } from './warn-sync-options.js'
import { warnMissingParams, warnTemplateForms } from './warn-templates.js'

/**
 * What a person should know who applies an ApplicationSet. What the cluster and list generators give is rendered, so that
 * nothing is said that would not happen; of the others only what holds for all parameters is judged.
 */
export function warnApplicationSet(appSet: ApplicationSet, facts: WarningFacts): string[] {
  const { spec } = appSet
  const found: string[] = []
  const generators = (spec.generators ?? []).filter(isObject) as Generator[]
  if (generators.length === 0) found.push('spec.generators is empty: there will be no Applications')
  if (!spec.template?.spec?.project && !generators.some(hasOwnProject)) {
    found.push(
      `spec.template.spec.project is missing, which is taken for "${defaultProjectName}" here and refused by Argo CD itself: write project: ${defaultProjectName}`,
    )
  }
  if (spec.strategy?.type === 'RollingSync')
    found.push('spec.strategy: RollingSync is not carried out by this version: all Applications sync at once')
  found.push(...compileIgnoredDifferences(spec.ignoreApplicationDifferences).unsupported.map((text) => `spec.${text}`))
  for (const [index, entry] of generators.entries()) found.push(...warnGenerator(entry, `spec.generators[${index}]`, facts))
  try {
    const text = createTextRenderer(spec, facts.functions, budget)
    const more = costly.test(JSON.stringify(spec)) ? warnUnrendered(appSet, facts) : warnRendered(appSet, generators, text, facts)
    // Selectors that are none have been told of with their place.
    found.push(...more.filter((each) => !found.some((known) => known.endsWith(each.replace(/^\S+/, '')))))
  } catch (error) {
    if (error instanceof TemplateBudgetError) return found
    found.push(`spec: ${messageOf(error)}: nothing is generated until this is mended`)
  }
  return [...new Set(found)]
}

/** Who applies an object waits for the warnings: what takes longer is left to the controller. */
const budget: Budget = { steps: 20_000, outputBytes: 256 * 1024, depth: 100 }
/** Functions that take long by themselves: keys, certificates, passwords. */
const costly = /\{\{[^}]*\b(gen[A-Z]\w*|derivePassword|bcrypt|htpasswd|buildCustomCert)\b/

function hasOwnProject(entry: Generator): boolean {
  return Object.values(entry).some(
    (spec) => isObject(spec) && !!(spec['template'] as ApplicationSetTemplate | undefined)?.spec?.project,
  )
}

/** Generators that are not served, and selectors that match nothing, at every depth. */
function warnGenerator(entry: Generator, where: string, facts: WarningFacts): string[] {
  const names = Object.keys(entry).filter((name) => name !== 'selector' && entry[name] !== undefined && entry[name] !== null)
  if (names.length === 0) return [`${where}: there is no generator in it`]
  return names.flatMap((name) => {
    if (!generatorKinds.has(name)) {
      const known = [...generatorKinds.keys()].join(', ')
      return [
        `${where}.${name}: this generator is not served here, and nothing is generated while it is there; there are ${known}`,
      ]
    }
    const spec = entry[name] as Record<string, unknown>
    if (name === 'clusters') return warnClusterSelector(spec['selector'], `${where}.clusters.selector`, facts)
    const nested = Array.isArray(spec['generators']) ? spec['generators'] : []
    return nested.flatMap((each: unknown, index) =>
      isObject(each) ? warnGenerator(each as Generator, `${where}.${name}.generators[${index}]`, facts) : [],
    )
  })
}

function warnClusterSelector(selector: unknown, where: string, facts: WarningFacts): string[] {
  // In a matrix the selector may be a template: who it matches depends on the generator before it.
  if (!isObject(selector) || JSON.stringify(selector).includes('{{')) return []
  const { matchLabels, matchExpressions } = selector as Selector
  if (Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0) return []
  try {
    const why = explainNoMatch(selector as Selector, facts.clusters)
    if (why === undefined) return []
    return [`${where} matches none of the ${facts.clusters.length} clusters now: ${why}`]
  } catch (error) {
    return [`${where}: ${messageOf(error)}: nothing is generated until this is mended`]
  }
}

function warnRendered(
  appSet: ApplicationSet,
  generators: readonly Generator[],
  text: TextRenderer,
  facts: WarningFacts,
): string[] {
  const found: string[] = []
  const applications: Application[] = []
  const ownTexts = templateTexts(appSet.spec.template, 'spec.template')
  const patchTexts = templateTexts(appSet.spec.templatePatch, 'spec.templatePatch')
  found.push(...warnTemplateForms([...ownTexts, ...patchTexts], text.goTemplate, facts.functions))
  for (const [index, entry] of generators.entries()) {
    const where = `spec.generators[${index}]`
    let known: KnownSets | undefined
    try {
      known = knownSets(entry, where, text, facts)
    } catch (error) {
      if (error instanceof TemplateBudgetError) throw error
      found.push(`${where}: ${messageOf(error)}: nothing is generated until this is mended`)
      continue
    }
    if (known === undefined) {
      found.push(...warnUnrendered(appSet, facts))
      continue
    }
    const { template } = known
    const texts = template === undefined ? ownTexts : templateTexts(fillTemplate(template, appSet.spec.template), 'spec.template')
    found.push(...warnMissingParams([...known.values, ...texts, ...patchTexts], known.sets, text))
    applications.push(...renderKnown(appSet, known, text))
  }
  return [...found, ...warnApplications(appSet, applications, facts)]
}

function renderKnown(appSet: ApplicationSet, known: KnownSets, text: TextRenderer): Application[] {
  const template = fillTemplate(known.template, appSet.spec.template)
  return known.sets.flatMap((params) => {
    try {
      return [renderApplication(appSet, template, params, text)]
    } catch (error) {
      if (error instanceof TemplateBudgetError) throw error
      // Why it fails has been told with the template.
      return []
    }
  })
}

/** What is wrong with the Applications that come out, each problem once. */
function warnApplications(appSet: ApplicationSet, applications: readonly Application[], facts: WarningFacts): string[] {
  const allGood = { projectExists: () => true, explainDestination: () => undefined }
  const found = validateApplications(appSet, applications, allGood).invalid.map(({ message }) => message)
  const byProblem = new Map<string, string[]>()
  for (const application of applications) {
    for (const problem of warnSpec(application, facts)) {
      const names = byProblem.get(problem)
      if (names) names.push(application.metadata.name)
      else byProblem.set(problem, [application.metadata.name])
    }
  }
  found.push(...warnOwned(appSet, applications, facts))
  for (const [problem, names] of byProblem) {
    found.push(
      names.length === applications.length && problem.startsWith('spec.')
        ? problem.replace('spec.', 'spec.template.spec.')
        : `Application ${listNames(names)}: ${problem}`,
    )
  }
  return found
}

/** Applications of these names that others keep. */
function warnOwned(appSet: ApplicationSet, applications: readonly Application[], facts: WarningFacts): string[] {
  const byOwner = new Map<string, string[]>()
  for (const { metadata } of applications) {
    const owner = facts.ownerOf?.(metadata.name)
    if (owner === undefined || (owner.kind === 'ApplicationSet' && owner.name === appSet.metadata.name)) continue
    const key = `${owner.kind} ${owner.name}`
    byOwner.set(key, [...(byOwner.get(key) ?? []), metadata.name])
  }
  return [...byOwner].map(
    ([owner, names]) => `Application ${listNames(names)} already belongs to ${owner} and stays as it is: give yours another name`,
  )
}

/** What holds whatever the parameters are: parts of the template without templates in them. */
function warnUnrendered(appSet: ApplicationSet, facts: WarningFacts): string[] {
  const spec = appSet.spec.template?.spec ?? {}
  const found: string[] = []
  const { project, destination } = spec
  const isFixed = (value: unknown) => !JSON.stringify(value ?? '').includes('{{')
  if (appSet.spec.templatePatch !== undefined) return found
  if (project && isFixed(project) && findProject(facts, project) === undefined) found.push(explainMissingProject(facts, project))
  if (destination !== undefined && isFixed(destination)) {
    const why = explainDestination(facts, destination)
    if (why !== undefined) found.push(why)
  }
  found.push(...(spec.source === undefined && spec.sources === undefined ? [] : warnSources(spec)), ...warnSyncOptions(spec))
  return found.map((text) => text.replace('spec.', 'spec.template.spec.'))
}
