import { defineCheck } from '../../contract.js'

export const istioOperatorApplied = defineCheck({
  id: 'istio-operator-applied',
  topic: 'traffic',
  severity: 'note',
  title: 'An IstioOperator stands among objects that are applied',
  why: 'The operator that read these in the cluster is gone: an IstioOperator is a file for `istioctl install -f` now. Applied with the rest it is refused (there is no such kind), or lies in the cluster without effect.',
  evidence: ['istio: operator/README.md'],
  fix: 'Keep it in a file of its own for `istioctl install -f`, or use the Helm charts or the Sail operator.',
  *run(model) {
    const installed = new Set(
      model
        .callsOf('istioctl', 'install')
        .flatMap((call) => call.flagValues('f', 'filename').map((path) => path.split('/').at(-1))),
    )
    for (const object of model.objects) {
      if (object.kind !== 'IstioOperator' || !object.group.endsWith('istio.io') || object.written === undefined) continue
      // In a script each document is for the program that it is given to.
      if (/\.(sh|bash|zsh|md|markdown)$/.test(object.source)) continue
      if (installed.has(object.source.split('/').at(-1))) continue
      // A file of its own is what istioctl wants.
      const beside = model.objects.find((each) => each.source === object.source && each.kind !== 'IstioOperator')
      if (beside === undefined) continue
      yield { message: `${object.subject} is in one file with ${beside.subject}`, at: [object.at('kind'), beside.at('kind')] }
    }
  },
})
