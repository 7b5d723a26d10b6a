import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { ApplicationSet, Generator } from '../../dialects/argo-cd/kinds/application-set.js'
import { countOf, type FleetExplanation, Steps, someOf } from './explanation.js'

const most = 12

/** Why an ApplicationSet is as it is: generators, its own conditions, rollout, and what it made. Pure. */
export function explainApplicationSet(set: ApplicationSet, applications: readonly Application[]): FleetExplanation {
  const steps = new Steps()
  const { metadata, spec, status } = set
  for (const generator of spec.generators ?? []) steps.add('dialect', 'generator', 'info', describeGenerator(generator))
  const policy = spec.syncPolicy?.applicationsSync
  if (policy !== undefined && policy !== 'sync') steps.add('dialect', 'policy', 'info', `applicationsSync: ${policy}`)
  const conditions = status?.conditions ?? []
  if (conditions.length === 0) {
    steps.add('engine', 'conditions', 'waits', 'it has not been looked at yet')
    steps.waits('the hub to look at it for the first time')
  }
  for (const { type, status: is, reason, message, lastTransitionTime } of conditions) {
    const isTrouble = type === 'ErrorOccurred' || type === 'InvalidRolloutConfig' || type === 'Warning'
    const bad = isTrouble ? is === 'True' : type !== 'RolloutProgressing' && is === 'False'
    const rolling = type === 'RolloutProgressing' && is === 'True'
    steps.add('engine', type, bad ? 'bad' : rolling ? 'waits' : 'ok', `${reason}: ${message}`, lastTransitionTime)
    if (rolling) steps.waits(`the rollout: ${message}`)
    if (bad && type !== 'Warning') steps.waits(`somebody to mend it: ${reason}`)
    else if (bad) steps.waits(`what its generators ask for: ${message}`)
  }
  for (const row of status?.applicationStatus ?? []) {
    const {
      application,
      status: is,
      message,
      step,
    } = row as { application?: string; status?: string; message?: string; step?: string }
    if (is === 'Healthy') continue
    steps.add('engine', `${application}`, 'waits', `step ${step ?? '?'}: ${is}: ${message ?? ''}`)
  }
  const own = applications.filter((application) =>
    application.metadata.ownerReferences?.some(({ kind, name }) => kind === 'ApplicationSet' && name === metadata.name),
  )
  const troubled = own.filter(({ status: is }) => is?.sync?.status !== 'Synced' || is.health?.status !== 'Healthy')
  for (const { metadata: of, status: is } of troubled.slice(0, most)) {
    const message = is?.conditions?.[0]?.message ?? is?.health?.message ?? ''
    const words = `${is?.sync?.status ?? 'Unknown'}, ${is?.health?.status ?? 'Unknown'}${message ? `: ${message}` : ''}`
    const progressing = is?.health?.status === 'Progressing'
    steps.add('cluster', `Application ${of.name}`, progressing ? 'waits' : 'bad', words)
    if (progressing) steps.waits(`Application ${of.name} to become healthy`)
  }
  if (troubled.length > most)
    steps.add('cluster', 'more', 'info', someOf(troubled.slice(most).map(({ metadata: of }) => of.name)))
  if (own.length > 0 && troubled.length === 0)
    steps.add('cluster', 'Applications', 'ok', `all ${own.length} are Synced and Healthy`)
  if (metadata.deletionTimestamp !== undefined) {
    steps.add(
      'engine',
      'deletion',
      'waits',
      `held by ${(metadata.finalizers ?? []).join(', ') || `${own.length} Applications`}`,
      metadata.deletionTimestamp,
    )
    steps.waits(own.length > 0 ? `its ${own.length} Applications to go` : 'its finalizers')
  }
  const error = conditions.find(({ type, status: is }) => type === 'ErrorOccurred' && is === 'True')
  return {
    object: `ApplicationSet ${metadata.namespace ?? ''}/${metadata.name}`,
    state: `${error === undefined ? 'UpToDate' : error.reason}, ${countOf(own.length, 'Application')}${troubled.length > 0 ? `, ${troubled.length} not Synced and Healthy` : ''}`,
    steps: steps.list,
    waitsFor: steps.waitsFor,
  }
}

function describeGenerator(generator: Generator): string {
  const kind = Object.keys(generator).find((key) => key !== 'selector') ?? 'none'
  if (kind === 'list') return `list of ${generator.list?.elements?.length ?? 0} elements`
  if (kind === 'clusters') return `clusters with ${labelsOf(generator.clusters?.selector?.matchLabels) || 'any labels'}`
  if (kind === 'git') return `git ${generator.git?.repoURL ?? ''} @ ${generator.git?.revision || 'HEAD'}`
  if (kind === 'matrix' || kind === 'merge')
    return `${kind} of ${(generator[kind]?.generators ?? []).map(describeGenerator).join(' and ')}`
  return kind
}

function labelsOf(labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
