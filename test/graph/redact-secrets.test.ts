import { expect } from 'chai';
import { redactSecrets } from '../../src/graph/redact-secrets.js';

describe('taking secrets out of a text', () => {
  it('takes out the secrets it is given, plain and as a URL has them', () => {
    const token = 'a|b/c+token';
    const clean = redactSecrets(`Malformed access token ${token} in /me?t=${encodeURIComponent(token)}`, [token]);
    expect(clean).to.equal('Malformed access token [redacted] in /me?t=[redacted]');
  });

  it('takes them out in every way in which a URL, a form or a URL within a URL may write them', () => {
    const token = "900|b/c+t'ok en";
    const once = encodeURIComponent(token);
    const written = [
      token,
      once,
      once.replaceAll(/%../g, (escaped) => escaped.toLowerCase()),
      encodeURIComponent(once),
      new URLSearchParams({ t: token }).toString().slice('t='.length),
    ];
    for (const text of written) expect(redactSecrets(`<${text}>`, [token])).to.equal('<[redacted]>');
  });

  const shapes: [string, string][] = [
    ['GET /me?access_token=abc123&fields=id', 'GET /me?access_token=[redacted]&fields=id'],
    ['{"access_token":"abc123","a":1}', '{"access_token":"[redacted]","a":1}'],
    ['appsecret_proof=00ff is wrong', 'appsecret_proof=[redacted] is wrong'],
    ['Authorization: Bearer abc.123', 'Authorization: Bearer [redacted]'],
    ['Authorization: OAuth abc.123', 'Authorization: OAuth [redacted]'],
    [
      '/login?next=%2Fme%3Faccess_token%3Dabc123%26fields%3Did',
      '/login?next=%2Fme%3Faccess_token%3D[redacted]%26fields%3Did',
    ],
    ['/l?n=%3Fappsecret_proof%3d00ff', '/l?n=%3Fappsecret_proof%3d[redacted]'],
    ['{\\"access_token\\":\\"abc123\\"}', '{\\"access_token\\":\\"[redacted]\\"}'],
    ['token EAABsbCS1234567890abc is old', 'token [redacted] is old'],
  ];
  for (const [text, clean] of shapes) {
    it(`finds one by its shape: ${clean}`, () => expect(redactSecrets(text, [])).to.equal(clean));
  }

  it('leaves an ordinary text alone', () => {
    const text = 'API calls from the server require an appsecret_proof argument';
    expect(redactSecrets(text, ['', 'er'])).to.equal(text);
  });
});
