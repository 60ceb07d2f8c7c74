/** What customers write to an agent when they want the bot back, and what sounds like it and must leave the agent there. */
import { expect } from 'chai';
import { InvalidOptionError, VccLiveHandover, talkToBotPhrases } from 'botbuilder-handover-vcclive';
import type { PhraseLanguage, ReclaimPattern } from 'botbuilder-handover-vcclive';

const WANTED: Readonly<Record<PhraseLanguage, readonly string[]>> = {
  en: [
    'bot',
    'Bot!',
    'chatbot',
    'chat bot please',
    'back to the bot',
    'Back to bot, please.',
    'please go back to the bot',
    'take me back to your chatbot',
    'Can I talk to the bot?',
    'I want to talk to the bot again',
    "I'd like to speak with the bot instead",
    'switch to the bot',
    'give me the bot',
    'Thanks, back to the bot now',
  ],
  hu: [
    'bot',
    'vissza a bothoz',
    'Vissza a bothoz, kérem!',
    'vissza a chatbothoz',
    'Szeretnék visszatérni a bothoz',
    'visszatérnék a bothoz',
    'Inkább a bottal beszélnék',
    'a bottal szeretnék beszélni',
    'akarok a bottal beszélni',
    'Beszélhetnék a bottal?',
    'a botot kérem vissza',
    'kérem a botot',
  ],
  de: [
    'Bot',
    'zurück zum Bot',
    'Zurueck zum Bot bitte',
    'Ich will zurück zum Chatbot',
    'ich moechte zurueck zum bot',
    'mit dem Bot sprechen',
    'Ich möchte lieber mit dem Bot reden',
    'Kann ich mit dem Bot schreiben?',
    'Den Bot bitte',
    'Verbinden Sie mich mit dem Bot',
  ],
  es: ['bot', 'volver al bot', 'Quiero hablar con el bot, por favor'],
  fr: ['bot', 'retour au bot', 'Je voudrais parler au bot', "revenir au chatbot s'il vous plaît"],
  it: ['bot', 'torna al bot', 'Vorrei parlare con il bot'],
  nl: ['bot', 'terug naar de bot', 'Ik wil met de bot praten'],
  pl: ['bot', 'wróć do bota', 'Chcę rozmawiać z botem'],
  pt: ['bot', 'voltar ao bot', 'Quero falar com o bot'],
  ro: ['bot', 'înapoi la bot', 'Vreau să vorbesc cu botul'],
  sk: ['bot', 'späť k botovi', 'Chcem hovoriť s botom'],
};

const OTHERWISE: Readonly<Record<PhraseLanguage, readonly string[]>> = {
  en: [
    'bot?',
    'Are you a bot?',
    'am I talking to a bot?',
    'is this the bot',
    'the bot was no help',
    'the bot told me to go back to the shop',
    "I don't want to talk to the bot",
    'I do not want to go back to the bot',
    'never back to the bot',
    'talk to a bot',
    'not the bot',
    'robot',
    'I bought a robot, take it back',
    'bottle',
    'hi bot',
    'thanks bot',
    'back to the bottom',
    'What happens if I go back to the bot?',
    'can the bot see this?',
    'The bot said "back to the bot" brings me back to it',
    'no bot',
    'no, not back to the bot',
    '',
    '🤖',
  ],
  hu: [
    'bot?',
    'Ez egy bot?',
    'Ön bot?',
    'Bottal beszélek?',
    'a bot nem segített',
    'nem akarok a bottal beszélni',
    'nem megyek vissza a bothoz',
    'a bot azt mondta, menjek vissza a bolthoz',
    'vissza a boltba',
    'robotot kérek',
    'A bottal már beszéltem.',
  ],
  de: [
    'Bot?',
    'Sind Sie ein Bot?',
    'Ich will nicht mit dem Bot sprechen',
    'Der Bot hat mir nicht geholfen',
    'bitte nicht zurück zum Bot',
    'Ich habe mit dem Bot gesprochen',
    'zurück zum Boot',
    'Brot',
    'Gebot',
  ],
  es: ['¿bot?', '¿Eres un bot?', 'no quiero hablar con el bot', 'el bot no me ayudó'],
  fr: ['bot ?', 'Êtes-vous un bot ?', 'je ne veux pas parler au bot', 'le bot ne comprend pas'],
  it: ['bot?', 'Sei un bot?', 'non voglio parlare con il bot', 'il bot non mi ha aiutato'],
  nl: ['bot?', 'Ben je een bot?', 'ik wil niet met de bot praten', 'de bot snapt het niet'],
  pl: ['bot?', 'Czy jesteś botem?', 'nie chcę rozmawiać z botem', 'bot mi nie pomógł'],
  pt: ['bot?', 'Você é um bot?', 'não quero falar com o bot', 'o bot não ajudou'],
  ro: ['bot?', 'Ești un bot?', 'nu vreau să vorbesc cu botul', 'botul nu m-a ajutat'],
  sk: ['bot?', 'Ste bot?', 'nechcem hovoriť s botom', 'bot mi nepomohol'],
};

const LANGUAGES = Object.keys(WANTED) as PhraseLanguage[];

const matches = (patterns: readonly ReclaimPattern[], text: string): boolean =>
  patterns.some((pattern) => typeof pattern === 'function' && pattern(text) === true);

describe('talkToBotPhrases', () => {
  for (const language of LANGUAGES) {
    it(`takes the thread back for what customers write in ${language}`, () => {
      const patterns = talkToBotPhrases([language]);
      expect(WANTED[language].filter((text) => !matches(patterns, text))).to.deep.equal([]);
    });

    it(`leaves it with the agent for what only sounds like it in ${language}`, () => {
      // In every language: a bot that takes all of them must not be the worse for it.
      const patterns = talkToBotPhrases(LANGUAGES);
      expect(OTHERWISE[language].filter((text) => matches(patterns, text))).to.deep.equal([]);
    });
  }

  it('leaves alone what people say to agents all day', () => {
    const patterns = talkToBotPhrases(LANGUAGES);
    const talk = [
      'yes',
      'No, thanks.',
      'My parcel is late.',
      'back',
      'I want my money back',
      'vissza',
      'zurück',
      'ok',
      '4711',
    ];
    expect(talk.filter((text) => matches(patterns, text))).to.deep.equal([]);
  });

  it('decides at once about a text made to be slow, and about a very long one', () => {
    const patterns = talkToBotPhrases(LANGUAGES);
    const startedAtMs = Date.now();
    for (const word of ['please ', 'ok ', 'back ', 'bot ']) matches(patterns, word.repeat(20_000));
    for (const word of ['please ', 'ok okay ', 'hello hi ']) matches(patterns, word.repeat(10).slice(0, 79) + '!');
    // One that backtracks takes minutes.
    expect(Date.now() - startedAtMs).to.be.below(10_000);
  });

  it('is what the option takes, and has English, Hungarian and German unless told otherwise', () => {
    new VccLiveHandover({
      botAppId: '1',
      vccLiveAppId: '2',
      pageAccessToken: 'EAAG',
      reclaim: { customer: [...talkToBotPhrases(), 'menu'] },
    });
    expect(talkToBotPhrases()).to.have.length(3);
    expect(talkToBotPhrases(['en', 'en'])).to.have.length(1);
  });

  it('refuses a language that it does not have', () => {
    for (const languages of [['xx'], 'en', [undefined]]) {
      expect(() => talkToBotPhrases(languages as never), String(languages)).to.throw(InvalidOptionError, 'languages');
    }
  });
});
