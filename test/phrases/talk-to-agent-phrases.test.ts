/** Ready-made phrases: what customers type when they want a person, and what they type when they do not. */
import { InvalidOptionError, talkToAgentPhrases } from 'botbuilder-handover-vcclive';
import type { PhraseLanguage, TalkToAgent } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import fc from 'fast-check';
import { hearsRequest } from './hears-request.js';

/** An expression that backtracks takes minutes for these texts; a busy machine does not. */
const SOON_MS = 10_000;

const LANGUAGES: readonly PhraseLanguage[] = ['en', 'hu', 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'ro', 'sk'];

const TRIGGERS: Readonly<Record<PhraseLanguage, readonly string[]>> = {
  en: [
    'talk to agent',
    'Talk to an agent',
    'TALK TO A HUMAN!!!',
    'I want to talk to a human',
    'I want to speak with a real person, please.',
    'Hi, can I talk to an agent?',
    'Hello! Could I please speak to a representative? Thank you!',
    "I'd like to speak to someone",
    'I’d like to chat with a live agent now',
    'I need to talk to somebody from customer service',
    'connect me to an agent',
    'please transfer me to a human agent',
    'Can you put me through to an operator?',
    'I want a human',
    'I need an agent asap',
    'get me a human',
    'let me talk to a person',
    'How can I speak to an advisor?',
    'may I talk to your support team?',
    'live agent',
    'Agent',
    'agent please',
    'human',
    'real person',
    'customer service',
    '"talk to agent"',
    '  talk   to\nagent  ',
    'talk to agent 🙏',
    'Talk to an agent, please.',
    '“talk to agent”',
    'talk\u200b to a\u00adgent\ufe0f',
    '\ufeffhuman\u2060',
    '👩🏽‍💻 human 🙏🏿',
    'operator ℹ️',
    '*operator*',
    'I want to talk to a real person',
    'I´d like to talk to a human',
    'Let me speak to a manager',
    'operator',
  ],
  hu: [
    'Ügyintézővel szeretnék beszélni',
    'ugyintezovel szeretnek beszelni',
    'Szeretnék beszélni egy ügyintézővel!',
    'Szeretnék egy élő emberrel beszélni, köszönöm.',
    'Jó napot kívánok! Beszélhetnék egy ügyintézővel?',
    'beszelhetek egy emberrel',
    'Beszélni akarok egy ügynökkel',
    'Egy valódi emberrel akarok beszélni!!',
    'beszélni szeretnék valakivel',
    'Kérek egy ügyintézőt',
    'Operátort kérek',
    'operatort kerek szia',
    'Embert akarok',
    'Kérem, kapcsoljon egy ügyintézőt!',
    'kapcsolj át egy munkatárshoz légyszi',
    'Kapcsoljanak össze egy ügyintézővel',
    'Lehetne beszélni egy operátorral?',
    'Szeretnék kérni egy ügyintézőt',
    'ÜGYINTÉZŐ',
    'élő ügyintéző',
    'Ügyfélszolgálat',
    'ügyfélszolgálattal szeretnék beszélni',
    'u\u0308gyinte\u0301zo\u030Bt kérek',
  ],
  de: [
    'Ich möchte mit einem Mitarbeiter sprechen',
    'ich moechte mit einem mitarbeiter sprechen',
    'Ich möchte bitte mit einem echten Menschen sprechen!',
    'Guten Tag, kann ich mit jemandem sprechen?',
    'Könnte ich bitte mit einer Mitarbeiterin reden?',
    'Kann ich mit jemandem vom Kundenservice sprechen? Danke',
    'mit Agent sprechen',
    'Mit einem Menschen sprechen bitte',
    'Verbinden Sie mich bitte mit einem Mitarbeiter.',
    'verbinde mich mit dem Kundenservice',
    'Können Sie mich mit einem Berater verbinden?',
    'Ich will einen Menschen',
    'Ich brauche einen Mitarbeiter',
    'Einen Mitarbeiter bitte',
    'MITARBEITER',
    'Agent',
    'Mensch',
    'Ich würde gerne mit einem Kundenberater sprechen',
    'Ich will jetzt mit einem Menschen sprechen',
    'Grüß Gott, ich möchte mit einem Mitarbeiter verbunden werden',
  ],
  es: [
    'Quiero hablar con un agente',
    '¿Puedo hablar con una persona real, por favor?',
    'agente',
    'pásame con un asesor',
  ],
  fr: ['Je voudrais parler à un conseiller', "Puis-je parler avec quelqu'un, s'il vous plaît ?", 'un agent svp'],
  it: ['Vorrei parlare con un operatore', 'Posso parlare con una persona reale, per favore?', 'operatore'],
  nl: ['Ik wil met een medewerker spreken', 'Kan ik praten met een echte persoon, alstublieft?', 'medewerker'],
  pl: ['Chcę porozmawiać z konsultantem', 'Czy mogę rozmawiać z człowiekiem? Dziękuję', 'Połącz mnie z konsultantem'],
  pt: ['Quero falar com um atendente', 'Olá, posso falar com uma pessoa, por favor?', 'atendente'],
  ro: ['Vreau să vorbesc cu un agent', 'Aș dori să vorbesc cu o persoană, vă rog', 'operator'],
  sk: ['Chcem hovoriť s operátorom', 'Môžem sa s niekým porozprávať, prosím?', 'operátor'],
};

const SILENT: Readonly<Record<PhraseLanguage, readonly string[]>> = {
  en: [
    'my agent told me to write here',
    'My agent told me: talk to agent 7',
    'the travel agent',
    'I am a travel agent',
    'I want to book with a travel agent',
    'I want to talk to my agent',
    'I talked to an agent yesterday',
    'I do not want to talk to an agent',
    "don't connect me to a human",
    'no agent please',
    'Are you a human?',
    'is this a real person',
    'human resources',
    'what does a customer service representative earn?',
    'The agent was very friendly',
    'talk to agents about cleaning agents in detergent',
    'cleaning agent',
    'which cleaning agent do I need',
    'I need a person to sign here',
    'talk',
    'please',
    'thank you',
    'I want to talk about my order',
    'someone stole my card',
    'secret agent',
    'agent 007',
    'I have to talk to someone at my bank',
    'support',
    'my agent of the year',
    'I am a real estate agent',
    'human rights',
    "don't want to talk to an agent",
    'Please don’t connect me to an agent',
    'the operator + in JavaScript',
    'operator +',
    'I want to talk to my manager',
    'operators in JavaScript',
    'What does a human cost?',
    'agent orange',
    'a human is what I am',
  ],
  hu: [
    'az ügynököm azt mondta',
    'Az ügynököm azt mondta, hogy írjak ide',
    'az ugynokommel akarok beszelni',
    'Tegnap beszéltem egy ügyintézővel',
    'nem akarok ügyintézővel beszélni',
    'Nem kérek ügyintézőt',
    'utazási ügynök vagyok',
    'biztosítási ügynökkel szeretnék beszélni',
    'az ügyintéző nagyon kedves volt',
    'te ember vagy?',
    'ember vagyok',
    'beszélni szeretnék a rendelésemről',
    'köszönöm',
    'kérem',
    'ügynökség',
    'mikor van nyitva az ügyfélszolgálat?',
    'az ügyfélszolgálatot már hívtam',
    'emberi erőforrás',
  ],
  de: [
    'Mein Agent hat gesagt, ich soll hier schreiben',
    'der Versicherungsagent',
    'Ich bin Reiseagent',
    'Ich habe gestern mit einem Mitarbeiter gesprochen',
    'Ich möchte nicht mit einem Mitarbeiter sprechen',
    'Ich will keinen Menschen',
    'Bist du ein Mensch?',
    'Ich möchte mit meinem Agenten sprechen',
    'Der Mitarbeiter war sehr freundlich',
    'Ich bin Mitarbeiter',
    'Mitarbeiterrabatt',
    'Ich möchte mit Karte bezahlen',
    'bitte',
    'Danke',
    'Wann hat der Kundenservice geöffnet?',
    'Kein Mensch versteht das',
  ],
  es: ['mi agente me dijo que escribiera', 'el agente de viajes', 'no quiero hablar con un agente', 'gracias'],
  fr: ["mon agent m'a dit", "l'agent de voyage", 'je ne veux pas parler à un agent', 'merci'],
  it: ['il mio agente mi ha detto', "l'agente di viaggio", 'non voglio parlare con un operatore', 'grazie'],
  nl: ['mijn agent zei dat', 'de reisagent', 'ik wil niet met een medewerker spreken', 'ik ben een mens'],
  pl: ['mój agent powiedział', 'agent ubezpieczeniowy', 'nie chcę rozmawiać z konsultantem', 'dziękuję'],
  pt: ['meu agente me disse', 'o agente de viagens', 'não quero falar com um atendente', 'obrigado'],
  ro: ['agentul meu mi-a spus', 'agent de turism', 'nu vreau să vorbesc cu un agent', 'mulțumesc'],
  sk: ['môj agent povedal', 'cestovný agent', 'nechcem hovoriť s operátorom', 'ďakujem'],
};

const made = new Map<string, TalkToAgent[]>();

async function asks(text: unknown, ...languages: PhraseLanguage[]): Promise<boolean> {
  const triggers = made.get(languages.join()) ?? talkToAgentPhrases(languages);
  made.set(languages.join(), triggers);
  return hearsRequest(triggers, text);
}

describe('talkToAgentPhrases', () => {
  for (const language of LANGUAGES) {
    it(`hears a request in ${language}`, async () => {
      for (const text of TRIGGERS[language]) expect(await asks(text, language), text).to.equal(true);
    });

    it(`hears none in ${language} where an agent is only spoken about, refused or somebody else`, async () => {
      for (const text of SILENT[language]) expect(await asks(text, ...LANGUAGES), text).to.equal(false);
    });

    it(`does not mind case, punctuation, quotes, emoji and what nobody sees in ${language}`, async () => {
      for (const text of TRIGGERS[language]) {
        for (const said of [
          `${text.toUpperCase()} !?`,
          `“${text}…”`,
          `🙏 ${text}🙏🏽`,
          `\ufeff${text.replaceAll(' ', '\u00a0\u200b')}\u00ad\ufe0f`,
          text.split('').join('\u2060'),
        ]) {
          expect(await asks(said, language), said).to.equal(true);
        }
      }
    });
  }

  it('hears English, Hungarian and German where no language is named', async () => {
    const heard = (text: string): Promise<boolean> => hearsRequest(talkToAgentPhrases(), text);
    expect(await heard('talk to a human')).to.equal(true);
    expect(await heard('Ügyintézőt kérek')).to.equal(true);
    expect(await heard('Ich will einen Menschen')).to.equal(true);
    expect(await heard('Quiero hablar con un agente')).to.equal(false);
  });

  it('makes one trigger for each language, named once', () => {
    expect(talkToAgentPhrases(['en', 'hu', 'en'])).to.have.length(2);
    expect(talkToAgentPhrases([])).to.deep.equal([]);
  });

  it('hears nothing in a message without a text', async () => {
    for (const text of [undefined, null, '', '   ', '!!!', 7])
      expect(await asks(text, ...LANGUAGES), String(text)).to.equal(false);
  });

  it('refuses a language that it does not have, naming those it has', () => {
    for (const languages of [['xx'], ['toString'], [undefined], 'en', null]) {
      expect(() => talkToAgentPhrases(languages as never), JSON.stringify(languages))
        .to.throw(InvalidOptionError, /"languages".*en, hu, de/)
        .with.property('option', 'languages');
    }
  });

  it('answers at once, whatever a customer types', async () => {
    const words = ['please', 'hi', 'there', 'thank', 'you', 'live', 'human', 'real', 'kerem', 'elo', 'most', 'bitte'];
    const noise = fc.array(fc.constantFrom(...words, 'x', '!'), { maxLength: 60 }).map((list) => list.join(' '));
    await fc.assert(
      fc.asyncProperty(fc.oneof(noise, fc.string({ unit: 'binary', maxLength: 400 })), async (text) => {
        const begun = performance.now();
        await asks(text, ...LANGUAGES);
        expect(performance.now() - begun).to.be.lessThan(SOON_MS);
      }),
    );
    const begun = performance.now();
    await asks('a '.repeat(500_000), ...LANGUAGES);
    for (const word of words) await asks(`${word} `.repeat(30), ...LANGUAGES);
    expect(performance.now() - begun).to.be.lessThan(SOON_MS);
  });
});
