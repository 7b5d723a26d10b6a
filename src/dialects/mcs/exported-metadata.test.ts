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
