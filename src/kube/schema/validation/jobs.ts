import { equalJson } from '../../../base/json.js'
import { GoText } from '../field-cause.js'
import { explainSchedule } from './cron-schedule.js'
import { type Findings, isSet, type Members, membersOf, numberOf, textOf } from './findings.js'
import { goLiteral } from './go-values/go-literal.js'
import { goValue } from './go-values/go-value.js'
import { checkJobPolicies, checkManager } from './job-policies.js'
import { checkSelector, goMap, goSelector, selects } from './labels.js'
import { checkPodTemplate } from './pod-spec.js'

function checkJobSpec(spec: Members, field: string, to: Findings): void {
  for (const key of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ]) {
    to.notNegative(`${field}.${key}`, spec[key])
  }
  const most = spec['maxFailedIndexes']
  if (isSet(most) && !isSet(spec['backoffLimitPerIndex'])) {
    to.required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')
  }
  if (isSet(spec['managedBy'])) checkManager(textOf(spec['managedBy']), `${field}.managedBy`, to)
  const mode = spec['completionMode']
  to.oneOf(`${field}.completionMode`, mode, ['NonIndexed', 'Indexed'])
  if (mode === 'Indexed') {
    if (!isSet(spec['completions'])) to.required(`${field}.completions`, 'when completion mode is Indexed')
    if (numberOf(spec['parallelism']) > 100_000) {
      to.invalid(
        `${field}.parallelism`,
        spec['parallelism'],
        'must be less than or equal to 100000 when completion mode is Indexed',
      )
    }
    if (isSet(spec['completions']) && numberOf(most) > numberOf(spec['completions'])) {
      to.invalid(`${field}.maxFailedIndexes`, most, 'must be less than or equal to completions')
    }
    if (numberOf(most) > 100_000) to.invalid(`${field}.maxFailedIndexes`, most, 'must be less than or equal to 100000')
  } else {
    for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes']) {
      if (isSet(spec[key])) to.invalid(`${field}.${key}`, spec[key], 'requires indexed completion mode')
    }
  }
  checkJobPolicies(spec, field, to)
  const replacements = isSet(spec['podFailurePolicy']) ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  to.oneOf(`${field}.podReplacementPolicy`, spec['podReplacementPolicy'], replacements)
  checkPodTemplate(spec['template'], `${field}.template`, to)
  const { restartPolicy } = membersOf(membersOf(spec['template'])['spec'])
  if (restartPolicy === 'Always' || !isSet(restartPolicy)) {
    to.required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')
  }
}

export function checkJob(job: Members, to: Findings): void {
  checkJobWith(job, true, to)
}

function checkJobWith(job: Members, needsSelector: boolean, to: Findings): void {
  const spec = membersOf(job['spec'])
  checkJobSpec(spec, 'spec', to)
  const given = isSet(spec['selector'])
  // The API server gives new jobs one, if nobody else does.
  if (!given && needsSelector) to.required('spec.selector')
  if (given) checkSelector(spec['selector'], 'spec.selector', to)
  const labels = membersOf(membersOf(membersOf(spec['template'])['metadata'])['labels'])
  if ((!given && needsSelector) || selects(membersOf(spec['selector']), labels) === false) {
    to.invalid('spec.template.metadata.labels', goMap(labels), '`selector` does not match template `labels`')
  }
}

/** A selector of one's own must be asked for: the API server makes one that selects this job's Pods alone. */
export function checkNewJob(job: Members, to: Findings): void {
  checkJobWith(job, false, to)
  const { manualSelector, selector, template } = membersOf(job['spec'])
  if (manualSelector === true && !isSet(selector)) {
    to.required('spec.selector')
    const { labels } = membersOf(membersOf(template)['metadata'])
    to.invalid('spec.template.metadata.labels', goMap(labels), '`selector` does not match template `labels`')
  }
  if (manualSelector === true || !isSet(selector)) return
  if (!Object.hasOwn(membersOf(membersOf(selector)['matchLabels']), 'batch.kubernetes.io/controller-uid')) {
    to.invalid('spec.selector', goSelector(selector), '`selector` not auto-generated')
  }
}

export function checkJobUpdate(job: Members, old: Members, to: Findings): void {
  const spec = membersOf(job['spec'])
  const before = membersOf(old['spec'])
  const changed = (key: string) => !equalJson(spec[key] ?? null, before[key] ?? null)
  to.immutable('spec.completions', spec['completions'], changed('completions') && before['completionMode'] !== 'Indexed')
  to.immutable('spec.selector', isSet(spec['selector']) ? goSelector(spec['selector']) : null, changed('selector'))
  // Scheduling of a suspended job that never started may be changed, by what queues jobs.
  const status = membersOf(old['status'])
  const suspended = before['suspend'] === true && !isSet(status['startTime'])
  if (changed('template') && !(suspended && sameButScheduling(spec['template'], before['template']))) {
    to.immutable('spec.template', new GoText(goLiteral(goValue('core.PodTemplateSpec', spec['template']))), true)
  }
  to.immutable('spec.completionMode', spec['completionMode'], changed('completionMode'))
  to.immutable('spec.podFailurePolicy', new GoText('core.PodFailurePolicy{...}'), changed('podFailurePolicy'))
  to.immutable('spec.backoffLimitPerIndex', spec['backoffLimitPerIndex'], changed('backoffLimitPerIndex'))
}

function sameButScheduling(template: unknown, before: unknown): boolean {
  const essence = (value: unknown) => {
    const { metadata, spec } = membersOf(value)
    const { nodeSelector: _, affinity: __, tolerations: ___, schedulingGates: ____, ...rest } = membersOf(spec)
    const { labels: _____, annotations: ______, ...meta } = membersOf(metadata)
    return { meta, rest }
  }
  return equalJson(essence(template), essence(before))
}

export function checkCronJob(cronJob: Members, to: Findings): void {
  const spec = membersOf(cronJob['spec'])
  const name = textOf(membersOf(cronJob['metadata'])['name'])
  // 11 characters are left for what is appended to the names of the jobs.
  if (name.length > 52) to.invalid('metadata.name', name, 'must be no more than 52 characters')
  const schedule = textOf(spec['schedule'])
  if (to.text('spec.schedule', schedule)) {
    if (/TZ/.test(schedule)) {
      to.invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
    } else {
      const problem = explainSchedule(schedule)
      if (problem !== undefined) to.invalid('spec.schedule', schedule, problem)
    }
  }
  if (isSet(spec['timeZone'])) checkTimeZone(textOf(spec['timeZone']), to)
  to.oneOf('spec.concurrencyPolicy', spec['concurrencyPolicy'], ['Allow', 'Forbid', 'Replace'])
  const template = membersOf(membersOf(spec['jobTemplate'])['spec'])
  for (const key of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit']) {
    to.notNegative(`spec.${key}`, spec[key])
  }
  checkJobSpec(template, 'spec.jobTemplate.spec', to)
  if (template['manualSelector'] === true) to.notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false'])
}

function checkTimeZone(zone: string, to: Findings): void {
  const field = 'spec.timeZone'
  if (zone === '') to.invalid(field, '', 'timeZone must be nil or non-empty string')
  else if (zone.toLowerCase() === 'local')
    to.invalid(field, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')
  else if (!isTimeZone(zone)) to.invalid(field, zone, `unknown time zone ${zone}`)
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
