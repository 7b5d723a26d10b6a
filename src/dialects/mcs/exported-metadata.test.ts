import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readExportedMetadata } from './exported-metadata.js'

test('what is exported goes over as it is', () => {
  const exportedLabels = { tier: 'gold', 'example.com/team': 'a' }
  const exportedAnnotations = { note: 'any text at all, however long' }
  assert.deepEqual(readExportedMetadata({ exportedLabels, exportedAnnotations }), {
    labels: exportedLabels,
    annotations: exportedAnnotations,
    problems: [],
  })
  assert.deepEqual(readExportedMetadata(), { labels: {}, annotations: {}, problems: [] })
})

test('what would be refused in other clusters, or steer those who keep imports, is left out and told', () => {
  const { labels, annotations, problems } = readExportedMetadata({
    exportedLabels: { ok: 'yes', 'bad key': 'x', long: 'x'.repeat(64), 'app.kubernetes.io/managed-by': 'me' },
    exportedAnnotations: {
      'services.flotilla.dev/adopted': 'true',
      'multicluster.kubernetes.io/derived-service': 'kubernetes',
      fine: '',
    },
  })
  assert.deepEqual([labels, annotations], [{ ok: 'yes' }, { fine: '' }])
  assert.deepEqual(problems, [
    'exportedLabels: "bad key" is no key and is left out',
    'exportedLabels: "long" has a value that no label can have and is left out',
    'exportedLabels: "app.kubernetes.io/managed-by" is reserved and is left out',
    'exportedAnnotations: "services.flotilla.dev/adopted" is reserved and is left out',
    'exportedAnnotations: "multicluster.kubernetes.io/derived-service" is reserved and is left out',
  ])
})

test('what would not fit on the import, or is for others to say, is left out', () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`example.com/k${index}`, 'v'.repeat(1000)]))
  const { annotations, problems } = readExportedMetadata({ exportedAnnotations: many })
  assert.ok(JSON.stringify(annotations).length < 80_000)
  assert.ok(problems.length <= 21)
  const foreign = [
    'argocd.argoproj.io/tracking-id',
    'kubectl.kubernetes.io/last-applied-configuration',
    'flotilla.dev/helm-lookup',
    'a.services.flotilla.dev/x',
    'lighthouse.multicluster.x-k8s.io/y',
  ]
  const kept = readExportedMetadata({ exportedAnnotations: Object.fromEntries(foreign.map((key) => [key, 'x'])) })
  assert.deepEqual(kept.annotations, {})
  assert.equal(kept.problems.length, foreign.length)
})
