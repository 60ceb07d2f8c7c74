/**
 * Words with which customers ask for the bot while an agent has their thread: whole messages, in several languages.
 *
 * Exists because the customer is talking to a person: "are you a bot?" or "the bot was no help" must not take the agent
 * away from them. If in doubt, these phrases leave the thread where it is.
 */
import { folded } from './folded-text.js';
import type { PhraseLanguage } from './phrase-languages.js';
import { DEFAULT_LANGUAGES, phrasesOf } from './phrase-languages.js';

/** What is recognised in one language; regular expressions on folded text, without groups that nest stars. */
interface Phrases {
  /** May stand before and behind a request, any number of them. The first, "please", also beside the bare word. */
  readonly around: readonly [string, ...string[]];
  readonly requests: readonly string[];
}

/** A request is short; a longer message says more than that. */
const LONGEST_REQUEST_CHARACTERS = 80;

/**
 * Patterns for `reclaim.customer`: one for each language. Whole messages only: "bot", "back to the bot, please" count;
 * "are you a bot?", "bot?" and "the bot was no help" do not.
 * @param languages default `['en', 'hu', 'de']`. The others have short tables and were **not reviewed by a native speaker**
 * @throws {@link InvalidOptionError} if a language has no phrases
 */
export function talkToBotPhrases(
  languages: readonly PhraseLanguage[] = DEFAULT_LANGUAGES,
): ((text: string) => boolean)[] {
  return talkToBotExpressions(languages).map(({ bare, whole }) => (text) => {
    const plain = folded(text);
    if (plain === undefined || plain.length > LONGEST_REQUEST_CHARACTERS) return false;
    return whole.test(plain) || (bare.test(plain) && !QUESTION_MARK.test(text));
  });
}

/** The expressions of each language, on folded text. */
export function talkToBotExpressions(languages: readonly PhraseLanguage[]): { bare: RegExp; whole: RegExp }[] {
  return phrasesOf(PHRASES, languages).map(({ around, requests }) => {
    const politely = around.join('|');
    return {
      // The word alone asks for the bot, unless it is a question: "bot?" asks who is there.
      bare: new RegExp(`^(?:${around[0]} )?${BOT}(?: ${around[0]})?$`),
      whole: new RegExp(`^(?:(?:${politely}) )*(?:${requests.join('|')})(?: (?:${politely}))*$`),
    };
  });
}

const BOT = '(?:chat ?)?bot';
const QUESTION_MARK = /[?？﹖؟⁇⁈❓❔]/;

const PHRASES: Readonly<Record<PhraseLanguage, Phrases>> = {
  en: {
    around: ['please', 'hi', 'hello', 'hey', 'ok', 'okay', 'thanks', 'thank you', 'now', 'again', 'then', 'sorry'],
    requests: [
      `(?:go |take me |bring me |put me |send me |switch me |switch |return |return me |get me )?back to (?:the |your )?${BOT}`,
      `(?:switch|return)(?: me)? to (?:the |your )?${BOT}`,
      `(?:(?:can|could|may) i |i (?:want|would like|need|prefer) to |id (?:like|prefer) to |i wanna |let me |id rather )?(?:talk|speak|chat) (?:to|with) (?:the |your )${BOT}(?: instead)?`,
      `(?:i want|give me|connect me to|connect me with) (?:the |your )?${BOT}(?: back)?`,
    ],
  },
  // The order of words is free, and what English says with a preposition is an ending.
  hu: {
    around: [
      'kerem',
      'kerlek',
      'legyszi',
      'szia',
      'hello',
      'udv',
      'jo napot',
      'koszonom',
      'koszi',
      'most',
      'ujra',
      'megint',
      'inkabb',
      'oke',
      'ok',
    ],
    requests: [
      `(?:menjunk |mehetunk |kapcsoljon |kapcsolj |szeretnek |akarok |tegyen |tegyel |kuldjon )?vissza(?: akarok)?(?: (?:menni|terni|lepni|jutni))? (?:a )?(?:chat ?)?bothoz`,
      `(?:a )?(?:chat ?)?bothoz vissza`,
      `(?:szeretnek|akarok|szeretnenk) vissza(?:menni|terni|lepni|jutni) (?:a )?(?:chat ?)?bothoz`,
      `vissza(?:terek|ternek|megyek|mennek|kapcsolas|kapcsolna|kapcsolnal|szeretnek menni|szeretnek terni) (?:a )?(?:chat ?)?bothoz`,
      `(?:a )?(?:chat ?)?bottal (?:szeretnek|akarok|kivanok|beszelnek)(?: (?:beszelni|beszelgetni|csetelni|chatelni))?`,
      `(?:szeretnek|akarok|inkabb) (?:a )?(?:chat ?)?bottal (?:beszelni|beszelgetni|beszelnek|csetelni|chatelni)`,
      `(?:beszelhetek|beszelhetnek) (?:a )?(?:chat ?)?bottal`,
      `(?:a )?(?:chat ?)?botot (?:kerem|kerek|szeretnem|akarom)(?: vissza)?`,
      `(?:kerem|kerek) (?:a )?(?:chat ?)?botot`,
    ],
  },
  de: {
    around: ['bitte', 'hallo', 'hi', 'guten tag', 'danke', 'jetzt', 'wieder', 'ok', 'okay', 'lieber', 'dann'],
    requests: [
      `(?:ich (?:will|moechte|mochte) |bring mich |bringen sie mich )?(?:wieder )?(?:zuruck|zurueck) (?:zum|an den|mit dem) ${BOT}`,
      `(?:ich (?:will|moechte|mochte) |kann ich |lass mich |lassen sie mich )?(?:wieder |lieber )?mit dem ${BOT} (?:sprechen|reden|schreiben|chatten)`,
      `(?:ich (?:will|moechte|mochte) )?(?:wieder |lieber )?(?:den|zum) ${BOT}`,
      `(?:verbinde|verbinden sie) mich (?:wieder )?mit dem ${BOT}`,
    ],
  },
  es: {
    around: ['por favor', 'hola', 'gracias', 'ahora', 'ok', 'vale'],
    requests: [
      `(?:quiero |quisiera |puedo )?(?:volver|regresar) (?:al|con el) ${BOT}`,
      `(?:quiero |quisiera |puedo )?hablar con el ${BOT}`,
      `de vuelta al ${BOT}`,
    ],
  },
  fr: {
    around: ['sil vous plait', 'sil te plait', 'svp', 'stp', 'bonjour', 'merci', 'maintenant', 'ok'],
    requests: [
      `retour (?:au|vers le) ${BOT}`,
      `(?:je (?:veux|voudrais|souhaite) |puis je )?(?:revenir|retourner) (?:au|vers le) ${BOT}`,
      `(?:je (?:veux|voudrais|souhaite) |puis je )?parler (?:au|avec le) ${BOT}`,
    ],
  },
  it: {
    around: ['per favore', 'per piacere', 'ciao', 'grazie', 'adesso', 'ora', 'ok'],
    requests: [
      `(?:voglio |vorrei |posso )?(?:torna|tornare|ritornare) al ${BOT}`,
      `(?:voglio |vorrei |posso )?parlare (?:con il|col) ${BOT}`,
    ],
  },
  nl: {
    around: ['alstublieft', 'alsjeblieft', 'aub', 'hallo', 'hoi', 'bedankt', 'nu', 'weer', 'ok', 'oke'],
    requests: [
      `(?:ik wil |kan ik )?terug naar de ${BOT}`,
      `(?:ik wil |kan ik |mag ik )?(?:weer |liever )?met de ${BOT} (?:praten|spreken|chatten)`,
    ],
  },
  pl: {
    around: ['prosze', 'czesc', 'dzien dobry', 'dziekuje', 'teraz', 'ok'],
    requests: [
      `(?:chce |chcialbym |chcialabym )?(?:wroc|wrocic|powrot|z powrotem) do (?:chat ?)?bota`,
      `(?:chce |chcialbym |chcialabym )?(?:rozmawiac|porozmawiac|pisac) z (?:chat ?)?botem`,
    ],
  },
  pt: {
    around: ['por favor', 'ola', 'oi', 'obrigado', 'obrigada', 'agora', 'ok'],
    requests: [
      `(?:quero |queria |gostaria de |posso )?voltar (?:ao|para o|pro) ${BOT}`,
      `(?:quero |queria |gostaria de |posso )?falar com o ${BOT}`,
    ],
  },
  ro: {
    around: ['va rog', 'te rog', 'buna', 'salut', 'multumesc', 'acum', 'ok'],
    requests: [
      `(?:vreau |as vrea )?inapoi la (?:chat ?)?bot(?:ul)?`,
      `(?:vreau |as vrea |pot )?sa vorbesc cu (?:chat ?)?botul`,
      `(?:vreau |as vrea )?sa revin la (?:chat ?)?bot`,
    ],
  },
  sk: {
    around: ['prosim', 'ahoj', 'dobry den', 'dakujem', 'teraz', 'ok'],
    requests: [
      `(?:chcem |chcel by som |chcela by som )?(?:ist )?spat (?:k (?:chat ?)?botovi|na (?:chat ?)?bota)`,
      `(?:chcem |chcel by som |chcela by som |mozem )?(?:hovorit|pisat|rozpravat sa) s (?:chat ?)?botom`,
    ],
  },
};
