import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { consoleCommands, docBlocks } from '../../support/doc-blocks.js'
import { findPeer } from '../../support/peers/real-apiserver.js'
import { type ClientFleet, splitWords, startClientFleet } from '../../support/worlds/client-fleet.js'

/** Argo CD's command line in core mode, as docs/guides/argo-cd-command-line.md sets it up. */
const peer = findPeer('argocd')
const guide = 'docs/guides/argo-cd-command-line.md'
const set = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: extra, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators: [{list: {elements: [{cluster: one}]}}]
  template:
    metadata: {name: 'extra-{{.cluster}}'}
    spec:
      project: default
      source: {repoURL: REPOSITORY, path: apps/api, targetRevision: main}
      destination: {name: '{{.cluster}}', namespace: extra}
`

describe('argocd in core mode against the hub', { skip: 'reason' in peer ? peer.reason : false }, () => {
  let fleet: ClientFleet
  let repository = ''
  const argocd = async (words: string) => {
    const { stdout, stderr } = await fleet.run('path' in peer ? peer.path : '', ['--core', ...splitWords(words)])
    return stdout + stderr
  }
  const kubectl = async (words: string) => (await fleet.run('kubectl', words)).stdout
  const applications = () => kubectl('--context hub -n argocd get applications -o name')

  before(async () => {
    fleet = await startClientFleet({ pods: 'auto', demo: true })
    const manifest = docBlocks(guide).find(({ language }) => language === 'yaml')
    await fleet.run('kubectl', '--context hub apply -f -', { input: manifest?.text ?? '' })
    await kubectl('--context hub -n argocd wait --for=condition=Ready pod --all --timeout=60s')
    await kubectl('--context hub -n argocd wait --for=jsonpath={.status.health.status}=Healthy application --all --timeout=60s')
    const url = '-o jsonpath={.spec.source.repoURL}'
    repository = await kubectl(`--context hub -n argocd get application api-one ${url}`)
  })
  after(() => fleet.stop())

  test('the commands of the guide', async () => {
    const says: Readonly<Record<string, RegExp>> = {
      'argocd --core app list': /argocd\/guestbook-one +https:\S+ +guestbook +default +Synced +Healthy +Auto-Prune +<none>/,
      'argocd --core app get guestbook-one':
        /Sync Status: +Synced to main[\s\S]*apps +Deployment +guestbook +guestbook +Synced +Healthy/,
      'argocd --core appset list': /argocd\/guestbook +default/,
      'argocd --core cluster list': /https:\S+ +one[\s\S]*in-cluster +1\.33\.\d+ +Successful/,
      'argocd --core proj list': /default +\*,\* +\* +\*\/\*/,
    }
    const blocks = docBlocks(guide).filter(({ language }) => language === 'console')
    const commands = blocks.flatMap(consoleCommands).map((command) => command.replace('us-east', 'one'))
    for (const command of commands) {
      const [program, ...words] = splitWords(command)
      if (program === 'kubectl') await fleet.run('kubectl', words)
      else assert.match(await argocd(words.slice(1).join(' ')), says[command] ?? assert.fail(command), command)
    }
    assert.ok(Object.keys(says).every((command) => commands.includes(command)))
  })

  test('an Application from its creation to its deletion', async () => {
    const where = `--repo ${repository} --revision main --path apps/api --dest-name one --dest-namespace mine`
    const how = '--sync-policy automated --sync-option CreateNamespace=true --validate=false'
    assert.match(await argocd(`app create mine ${where} ${how}`), /application 'mine' created/)
    assert.match(await argocd('app wait mine --timeout 30'), /Phase: +Succeeded/)
    assert.match(await argocd('app get mine --refresh'), /Sync Status: +Synced to main/)
    assert.match(await argocd('app history mine'), /^0 +\d{4}-.* main \(\w{7}\)/m)
    await argocd('app set mine --sync-policy none --validate=false')
    assert.match(await argocd('app rollback mine 0'), /Phase: +Succeeded/)
    assert.match(await argocd('app delete mine -y --wait'), /application 'mine' deleted/)
    assert.doesNotMatch(await applications(), /mine/)
    assert.equal(await kubectl('--context one -n mine get deployments -o name'), '')
  })

  test('an ApplicationSet, and a project', async () => {
    fleet.write('set.yaml', set.replace('REPOSITORY', repository))
    assert.match(await argocd('appset generate set.yaml'), /argocd\/extra-one +one +extra +default/)
    assert.match(await argocd('appset create set.yaml'), /ApplicationSet 'extra' created/)
    await kubectl('--context hub -n argocd wait --for=create application/extra-one --timeout=20s')
    await kubectl('--context hub -n argocd wait --for=condition=ResourcesUpToDate applicationset/extra --timeout=20s')
    assert.match(await argocd('appset get extra'), /ResourcesUpToDate +True/)
    assert.match(await argocd('appset delete extra -y'), /applicationset 'extra' deleted/)

    await argocd(`proj create team -d https://127.0.0.1,team-* -s ${repository}`)
    assert.match(await argocd('proj role create team dev'), /Role 'dev' created/)
    await argocd(`proj windows add team --kind deny --schedule '* * * * *' --duration 1h --applications '*'`)
    assert.match(await argocd('proj windows list team'), /0 +Active +deny/)
    await argocd('proj allow-cluster-resource team "" Namespace')
    assert.match(await argocd('proj get team'), /Destinations: +https:\/\/127\.0\.0\.1,team-\*/)
    await argocd('proj delete team')
  })

  test('a cluster that is added again keeps its Applications', async () => {
    const before = await applications()
    assert.match(await argocd('cluster add one --name one --upsert -y'), /Cluster 'https:\S+' added/)
    assert.equal((await argocd('cluster list')).match(/^https:\S+ +one\b/gm)?.length, 2)
    // What is generated anew would have been gone by now.
    await new Promise((done) => setTimeout(done, 2000))
    assert.equal(await applications(), before)
  })

  test('settings, export and import', async () => {
    assert.match(await argocd('repocreds add https://git.example.com --username a --password b'), /credentials .* added/)
    assert.match(await argocd('repocreds list'), /https:\/\/git\.example\.com +a/)
    assert.match(await argocd('cert list'), /HOSTNAME/)
    assert.match(await argocd('account list'), /admin +true/)
    assert.match(await argocd('admin settings validate --load-cluster-settings'), /1 accounts/)
    assert.match(await argocd('version --short'), /argocd-server: v3\.5/)
    const { stdout } = await fleet.run('path' in peer ? peer.path : '', 'admin export -n argocd')
    assert.match(stdout, /kind: ApplicationSet/)
    fleet.write('export.yaml', stdout)
    assert.match(await argocd('admin import -n argocd export.yaml'), /Import process completed successfully/)
    assert.match(await applications(), /guestbook-one/)
  })

  test('what needs the repository server says so', async () => {
    await assert.rejects(argocd('app sync api-one'), /error resolving repo revision[\s\S]*connection error/)
  })
})
