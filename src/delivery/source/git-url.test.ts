import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGitUrl, redactUrl, sameRepository } from './git-url.js'

test('credentials leave the URL', () => {
  const url = parseGitUrl('https://bob:s3cr%40t@git.example:8443/team/app.git')
  assert.equal(url.url, 'https://git.example:8443/team/app.git')
  assert.equal(url.origin, 'https://git.example:8443')
  assert.equal(url.username, 'bob')
  assert.equal(url.password, 's3cr@t')
})

test('another password is another repository: nobody reads what he may not, and a new password counts at once', () => {
  const ids = ['https://h/x', 'https://u@h/x', 'https://u:a@h/x', 'https://u:b@h/x'].map((text) => parseGitUrl(text).id)
  assert.equal(new Set(ids).size, 4)
})

test('the shapes that git knows', () => {
  assert.equal(parseGitUrl('git@github.com:org/name.git').protocol, 'ssh')
  assert.equal(parseGitUrl('ssh://git@host:22/org/name').protocol, 'ssh')
  assert.equal(parseGitUrl('/srv/repo.git').protocol, 'file')
  assert.equal(parseGitUrl('file:///srv/repo.git').protocol, 'file')
  assert.equal(parseGitUrl('git://host/name').protocol, 'git')
})

test('anything that could become an option or a command is refused, without its password', () => {
  for (const text of [
    '',
    '-oProxyCommand=evil',
    '--upload-pack=evil',
    'ext::sh -c evil',
    'ext::sh',
    'ssh://-oProxyCommand=evil/x',
    'git@-oProxyCommand=evil:x',
    '-evil@host:x',
    'host:-evil',
    'https://host/a b',
    'https://host/a\nb',
    'ftp://host/x',
    'javascript://x',
    'name',
    '../relative',
  ])
    assert.throws(() => parseGitUrl(text), { code: 'repository-url' }, text)
  assert.throws(
    () => parseGitUrl('ftp://user:secret@host/x'),
    (error: Error) => !error.message.includes('secret'),
  )
  assert.throws(() => parseGitUrl('file:///x', ['https']), /uses file, which is not allowed here/)
})

test('spellings of one repository are the same', () => {
  assert.ok(sameRepository('https://GitHub.com/a/b', 'https://github.com/a/b.git'))
  assert.ok(sameRepository('https://x:y@github.com/a/b/', 'https://github.com/a/b'))
  assert.ok(sameRepository('git@github.com:a/b.git', 'ssh://git@github.com/a/b'))
  assert.ok(!sameRepository('https://github.com/a/b', 'https://github.com/a/c'))
  assert.ok(!sameRepository('https://github.com/a/b', 'https://github.com/A/b'))
})

test('redaction drops user, password and query', () => {
  assert.equal(redactUrl('https://u:p@h/x?token=1'), 'https://h/x')
  assert.equal(redactUrl('https://u:p@ss@h/x@v1'), 'https://h/x@v1')
  assert.equal(redactUrl('https://u:p/ss@h/x'), 'https://h/x')
  assert.equal(redactUrl('https://u:p?a@ss@h/x'), 'https://h/x')
})
