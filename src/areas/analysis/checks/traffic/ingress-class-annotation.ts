import { defineCheck } from '../../contract.js'

const annotation = 'kubernetes.io/ingress.class'

/** Classes of GKE's controller, which looks at the annotation alone. */
const byAnnotationOnly = new Set(['gce', 'gce-internal', 'gce-multi-cluster'])

export const ingressClassAnnotation = defineCheck({
  id: 'ingress-class-annotation',
  topic: 'traffic',
  severity: 'warning',
  title: 'The class of an Ingress is given by an annotation',
  why: 'The annotation was deprecated with networking.k8s.io/v1; controllers that watch IngressClasses only do not see the Ingress, and with both given the API server refuses it. The class nginx of the community (ingress-nginx) is also without maintenance since March 2026.',
  evidence: ['kubernetes.io: Ingress, deprecated annotation', 'kubernetes/ingress-nginx: README.md'],
  fix: 'Write `spec.ingressClassName` and take the annotation out; plan to leave ingress-nginx for another controller or the Gateway API.',
  *run(model) {
    for (const ingress of model.kinds('networking.k8s.io', 'Ingress')) {
      const value = ingress.annotation(annotation)
      if (value === undefined) continue
      const both = ingress.text('spec', 'ingressClassName')
      if (both === undefined && byAnnotationOnly.has(value)) continue
      yield {
        message:
          both === undefined
            ? `the class ${value} is given by ${annotation}`
            : `the class is given twice: ${value} by ${annotation}, and ${both}`,
        at: [
          ingress.at('metadata', 'annotations', annotation),
          ...(both === undefined ? [] : [ingress.at('spec', 'ingressClassName')]),
        ],
        ...(both === undefined ? {} : { severity: 'error' as const }),
      }
    }
  },
})
