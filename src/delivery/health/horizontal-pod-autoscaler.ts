import { degraded, type HealthCheck, healthy, progressing } from './contract.js'
import { statusOf } from './fields.js'

export const horizontalPodAutoscalerHealth: HealthCheck = {
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  check(object) {
    const conditions = statusOf(object).list('conditions')
    const failing = conditions.find(
      (condition) =>
        condition.text('status') === 'False' &&
        ['FailedGetScale', 'FailedUpdateScale', 'FailedGetResourceMetric', 'FailedGetExternalMetric', 'InvalidSelector'].includes(
          condition.text('reason') ?? '',
        ),
    )
    if (failing) return degraded(failing.text('message') ?? '')
    const working = conditions.find(
      (condition) =>
        (condition.text('type') === 'AbleToScale' || condition.text('type') === 'ScalingLimited') &&
        condition.text('status') === 'True',
    )
    if (working) return healthy(working.text('message') ?? '')
    return progressing('Waiting to Autoscale')
  },
}
