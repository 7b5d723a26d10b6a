import { degraded, type Health, type HealthCheck, healthy, progressing, suspended } from './contract.js'
import { conditionOf, type Fields, specOf, statusOf } from './fields.js'

/** Reasons of a waiting container that do not heal by themselves. */
function isError(reason: string): boolean {
  return reason.startsWith('Err') || reason.endsWith('Error') || reason.endsWith('BackOff')
}

function failureOf(statuses: readonly Fields[], fallback: string): string {
  for (const status of statuses) {
    const ended = status.at('state').at('terminated')
    const code = ended.number('exitCode')
    if (code === undefined || code === 0) continue
    if (ended.text('message')) return ended.text('message')!
    if (ended.text('reason') === 'OOMKilled') return 'OOMKilled'
    return `container "${status.text('name') ?? ''}" failed with exit code ${code}`
  }
  return fallback
}

export const podHealth: HealthCheck = {
  group: '',
  kind: 'Pod',
  check(object): Health | undefined {
    const status = statusOf(object)
    const containers = [...status.list('initContainerStatuses'), ...status.list('containerStatuses')]
    const restarts = specOf(object).text('restartPolicy') ?? 'Always'
    if (restarts === 'Always') {
      const broken = containers
        .map((container) => container.at('state').at('waiting'))
        .filter((waiting) => isError(waiting.text('reason') ?? ''))
        .map((waiting) => waiting.text('message') ?? waiting.text('reason') ?? '')
      if (broken.length > 0) return degraded(broken.join(', '))
    }
    const message = status.text('message') ?? ''
    switch (status.text('phase')) {
      case 'Pending':
        if (status.list('conditions').some((condition) => condition.text('reason') === 'SchedulingGated'))
          return suspended('Scheduling gated')
        return progressing(message)
      case 'Succeeded':
        return healthy(message)
      case 'Failed':
        return degraded(message || failureOf(containers, ''))
      case 'Running': {
        // A pod that runs to its end is at work, not healthy: that is how hooks are waited for.
        if (restarts !== 'Always') return progressing(message)
        if (conditionOf(object, 'Ready')?.text('status') === 'True') return healthy(message)
        // Crash loops are caught above; a container that has restarted but is up again is only late.
        return progressing(message)
      }
      default:
        return { status: 'Unknown', ...(message === '' ? {} : { message }) }
    }
  },
}
