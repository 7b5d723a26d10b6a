import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { gatherInputs } from './gather-inputs.js'
import { renderInputs } from './render-inputs.js'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const chart = {
  'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'charts/shop/values.yaml': 'replicas: 1\nlevel: info\n',
  'charts/shop/values-prod.yaml': 'replicas: 3\n',
  'charts/shop/templates/settings.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\ndata: {replicas: "{{ .Values.replicas }}", level: {{ .Values.level }}}\n',
}

/** `name namespace replicas level @cluster` of each ConfigMap that the chart makes, and what was said of it. */
async function render(
  files: Record<string, string>,
  links: Record<string, string> = {},
): Promise<{ made: string[]; said: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-charts-'))
  folders.push(folder)
  for (const [path, text] of Object.entries({ ...chart, ...files })) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(folder, path))
  const { rendered, unreadable } = await renderInputs(await gatherInputs([folder]))
  const made = rendered.map(({ value, cluster }) => {
    const { metadata, data } = value as { metadata: Record<string, string>; data: Record<string, string> }
    return `${metadata['name']} ${metadata['namespace']} ${data['replicas']} ${data['level']}${cluster === undefined ? '' : ` @${cluster}`}`
  })
  return { made, said: unreadable.map(({ severity, message }) => `${severity} ${message.replaceAll(`${folder}/`, '')}`) }
}

const application = (helm: string, destination = 'name: prod-us') => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  project: default
  source: {repoURL: "https://git.example.com/fleet.git", path: charts/shop, helm: {${helm}}}
  destination: {${destination}, namespace: shop}
`

test('a chart that nothing installs has its own values', async () => {
  assert.deepEqual(await render({}), { made: ['release default 1 info'], said: [] })
})

test('an Application: files, then values, then parameters, for the cluster that it goes to', async () => {
  const { made, said } = await render({
    'apps/shop.yaml': application(
      'valueFiles: [values-prod.yaml], valuesObject: {level: warn}, parameters: [{name: level, value: error}]',
    ),
    'apps/plain.yaml': application('valueFiles: [values-prod.yaml], values: "level: debug"', 'server: https://k8s.example.com'),
  })
  assert.deepEqual(made.sort(), ['shop shop 3 debug', 'shop shop 3 error @prod-us'])
  assert.deepEqual(said, [])
})

test('an Application whose values file is not there is a warning, unless that may be', async () => {
  const { made, said } = await render({ 'apps/shop.yaml': application('valueFiles: [values-prd.yaml]') })
  assert.deepEqual(made, [])
  assert.deepEqual(said, [
    'warning Application argocd/shop: there is no charts/shop/values-prd.yaml, which charts/shop is to be installed with',
  ])
  const lenient = await render({
    'apps/shop.yaml': application('valueFiles: [values-prd.yaml], ignoreMissingValueFiles: true'),
  })
  assert.deepEqual(lenient, { made: ['shop shop 1 info @prod-us'], said: [] })
})

test('nothing outside of the inputs is read, and nothing fetched', async () => {
  for (const path of ['../../../../../../etc/hosts', 'https://values.example.com/a.yaml', '/etc/hosts']) {
    const { made, said } = await render({ 'apps/shop.yaml': application(`valueFiles: ["${path}"]`) })
    assert.deepEqual(made, [], path)
    assert.match(said[0] ?? '', /^note .* are not among the inputs/, path)
  }
})

test('a HelmRelease whose chart is a path, with values of a ConfigMap below its own', async () => {
  const release = (more: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: flux}
spec:
  interval: 1m
  chart: {spec: {chart: ./charts/shop, valuesFiles: [charts/shop/values.yaml, charts/shop/values-prod.yaml], sourceRef: {kind: GitRepository, name: fleet}}}
  valuesFrom: [{kind: ConfigMap, name: shop-values}]
  values: {level: warn}
${more}`
  const map =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop-values, namespace: flux}\ndata: {values.yaml: "replicas: 7\\nlevel: debug"}\n'
  assert.deepEqual((await render({ 'flux/shop.yaml': release(''), 'flux/values.yaml': map })).made, ['shop flux 7 warn'])
  // What comes from elsewhere is not known: then the chart is looked at alone.
  assert.deepEqual((await render({ 'flux/shop.yaml': release('  targetNamespace: web\n') })).made, ['release default 1 info'])
  const remote = release('').replace('kind: GitRepository', 'kind: HelmRepository')
  assert.deepEqual((await render({ 'flux/shop.yaml': remote, 'flux/values.yaml': map })).made, ['release default 1 info'])
})

test('a bundle of Rancher Fleet, and each customization of it', async () => {
  const { made } = await render({
    'charts/shop/fleet.yaml': `defaultNamespace: shop
helm:
  releaseName: shop
  values: {level: warn}
targetCustomizations:
  - name: prod
    clusterSelector: {matchLabels: {env: prod}}
    helm: {valuesFiles: [values-prod.yaml]}
`,
  })
  assert.deepEqual(made.sort(), ['shop shop 1 warn', 'shop shop 3 warn'])
})

test('flotilla.yaml tells what nothing else does', async () => {
  const { made } = await render({
    'flotilla.yaml': `charts:
  - {path: charts/shop, values: [charts/shop/values-prod.yaml], cluster: us-east, release: web, namespace: web}
  - {path: charts/shop, cluster: eu-west, release: web, namespace: web}
`,
  })
  assert.deepEqual(made.sort(), ['web web 1 info @eu-west', 'web web 3 info @us-east'])
})

test('values that do not fit the templates are told with who gives them', async () => {
  const { said } = await render({
    'charts/shop/templates/strict.yaml': '{{ required "tier is needed" .Values.tier }}',
    'apps/shop.yaml': application('valueFiles: [values-prod.yaml]'),
  })
  assert.match(
    said[0] ?? '',
    /^warning Application argocd\/shop: charts\/shop does not render as it is installed.*tier is needed/,
  )
})

test('charts see the kinds that every cluster serves', async () => {
  const { made } = await render({
    'charts/shop/templates/settings.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {replicas: "{{ .Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget" }}", level: "{{ .Capabilities.APIVersions.Has "policy/v1beta1/PodDisruptionBudget" }}"}\n',
  })
  assert.deepEqual(made, ['a b true false'])
})

test('Applications that an ApplicationSet makes, of the clusters and the files that are there', async () => {
  const secret = (name: string, tier: string) =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster, tier: ${tier}}}\nstringData: {name: ${name}, server: "https://${name}.example.com", config: "{}"}\n`
  const set = (generators: string, name: string) => `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators: ${generators}
  template:
    metadata: {name: '${name}'}
    spec:
      project: default
      source:
        repoURL: https://git.example.com/fleet.git
        path: charts/shop
        helm: {valueFiles: ['values-{{ .metadata.labels.tier }}.yaml'], valuesObject: {level: '{{ .name }}'}}
      destination: {name: '{{ .name }}', namespace: shop}
`
  const clusters = await render({
    'argocd/set.yaml': set('[{clusters: {selector: {matchLabels: {tier: prod}}}}]', 'shop-{{ .name }}'),
    'argocd/us.yaml': secret('prod-us', 'prod'),
    'argocd/eu.yaml': secret('prod-eu', 'prod'),
    'argocd/lab.yaml': secret('lab', 'lab'),
  })
  assert.deepEqual(clusters.made.sort(), ['shop-prod-eu shop 3 prod-eu @prod-eu', 'shop-prod-us shop 3 prod-us @prod-us'])
  const files = await render({
    'argocd/set.yaml': set(
      '[{git: {repoURL: "https://git.example.com/fleet.git", revision: main, files: [{path: "envs/*.json"}]}}]',
      'shop-{{ .name }}',
    ),
    'envs/a.json': '{"name": "us", "metadata": {"labels": {"tier": "prod"}}}',
  })
  assert.deepEqual(files.made, ['shop-us shop 3 us @us'])
  // Without the clusters nothing is known: then the chart is looked at alone.
  const none = await render({
    'argocd/set.yaml': set('[{clusters: {selector: {matchLabels: {tier: prod}}}}]', 'shop-{{ .name }}'),
  })
  assert.deepEqual(none, { made: ['release default 1 info'], said: [] })
})

test('links lead neither out of what is checked nor to what git keeps for itself', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'flotilla-outside-'))
  folders.push(outside)
  writeFileSync(join(outside, 'key'), 'secret')
  const show = {
    'charts/shop/templates/settings.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {replicas: "1", level: {{ .Files.Get "key" | quote }}}\n',
  }
  const refused = [/^note the chart does not render .* key: it is a link that leads nowhere, or out of the tree$/]
  for (const { made, said } of [
    await render(show, { 'charts/shop/key': join(outside, 'key') }),
    await render({ ...show, '.git/config': 'secret' }, { 'charts/shop/key': '../../.git/config' }),
  ]) {
    assert.deepEqual(made, [])
    assert.equal(said.length, refused.length)
    assert.match(said[0] ?? '', refused[0]!)
  }
  const within = await render({ ...show, 'shared/key': 'open' }, { 'charts/shop/key': '../../shared/key' })
  assert.deepEqual(within, { made: ['a b 1 open'], said: [] })
})

test('of two keys that a template makes the last counts, as in Helm, and one warning says so', async () => {
  const settings = chart['charts/shop/templates/settings.yaml']
  const twice = settings.replace('\ndata: {', '\ndata: {level: lost}\ndata: {')
  const { made, said } = await render({ 'charts/shop/templates/settings.yaml': twice })
  assert.deepEqual(made, ['release default 1 info'])
  assert.equal(said.length, 1)
  assert.match(said[0]!, /^warning key "data" is already set in what the template makes: Helm takes the last one/)
})
