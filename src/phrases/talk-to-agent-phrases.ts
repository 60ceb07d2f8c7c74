/**
 * Ready-made ways to ask for a person, by language: `talkToAgent: talkToAgentPhrases(['en', 'hu'])`. English is the default.
 *
 * Exists because a word list that hears "my agent told me" as a request is worse than none. A phrase counts only as the
 * whole message, with a greeting and some politeness around it, whatever its case, punctuation and accents are.
 */
import { folded } from './folded-text.js';
import type { PhraseLanguage } from './phrase-languages.js';
import { DEFAULT_LANGUAGES, phrasesOf } from './phrase-languages.js';

/** A turn of any host, as far as its words go. A picture has none. */
export interface SpokenTurn {
  readonly activity?: { readonly text?: string | null };
  readonly message?: { readonly text?: string } | undefined;
}

/** What is recognised in one language; regular expressions on folded text (see {@link folded}), without groups that nest stars. */
interface Phrases {
  /** May stand before and behind a request, any number of them. No two of them in a row may read as a third. */
  readonly around: readonly string[];
  readonly requests: readonly string[];
}

/** A request is short; a longer message says more than that, and is left to the bot. */
const LONGEST_REQUEST_CHARACTERS = 200;

/**
 * Triggers for `talkToAgent`: one for each language. Whole messages only: "talk to a human, please!" triggers, "my agent
 * told me to talk to you" and "I want to talk about a travel agent" do not. A bare "agent" or "human" counts.
 * @param languages default `['en', 'hu', 'de']`; only the languages in which your customers write
 * @throws {@link InvalidOptionError} if a language has no phrases
 */
export function talkToAgentPhrases(
  languages: readonly PhraseLanguage[] = DEFAULT_LANGUAGES,
): ((context: SpokenTurn) => boolean)[] {
  return talkToAgentExpressions(languages).map((whole) => (context) => {
    const text = context.activity?.text ?? context.message?.text;
    const plain = typeof text === 'string' ? folded(text) : undefined;
    return plain !== undefined && plain.length <= LONGEST_REQUEST_CHARACTERS && whole.test(plain);
  });
}

/** The expression of each language, on folded text. */
export function talkToAgentExpressions(languages: readonly PhraseLanguage[]): RegExp[] {
  return phrasesOf(PHRASES, languages).map(({ around, requests }) => {
    const politely = around.join('|');
    return new RegExp(`^(?:(?:${politely}) )*(?:${requests.join('|')})(?: (?:${politely}))*$`);
  });
}

// English

const EN_AGENT =
  '(?:an? |the |your |any |one of your )?(?:(?:live|human|real|actual|customer|service|support|care) )*' +
  '(?:agents?|humans?|human being|persons?|people|operators?|representatives?|reps?|advis[eo]rs?|assistants?|managers?|supervisors?|team members?)';
const EN_SOMEBODY =
  '(?:some(?:one|body)(?: (?:real|human|else))?(?: (?:from|at|in) (?:the |your )?(?:customer )?(?:service|support|care|team))?' +
  '|(?:the |your )?(?:customer|human) (?:service|support|care)|(?:the |your )?support(?: team)?)';
const EN_WHO = `(?:${EN_AGENT}|${EN_SOMEBODY})`;
const EN_LEAD =
  '(?:(?:can|could|may) (?:i|we)(?: please)?|(?:id|i would|we would|wed) (?:really )?like to|(?:i|we) (?:really |just )?(?:want|need|have|wish) to' +
  '|i wanna|wanna|let me|is it possible to|how (?:can|do) i|(?:can|could|would) you let me|want to|need to)';
const EN_CONNECT =
  '(?:connect|transfer|redirect|refer|forward|switch|pass|put|hand) me (?:please )?(?:over |through |on )?(?:to|with)';

// Hungarian: the order of words is free, and what English says with a preposition is an ending.

const HU_KIND = '(?:egy |az |a |masik )?(?:(?:elo|igazi|valodi|human|hus ver|valos) )*';
const HU_WITH =
  `${HU_KIND}(?:ugyintezovel|ugynokkel|operatorral|emberrel|munkatarssal|munkatarsukkal|kollegaval|kollegajukkal|szemellyel` +
  '|ugyfelszolgalattal|ugyfelszolgalatossal|tanacsadoval|kezelovel|agenttel|valakivel)';
const HU_WHOM =
  `${HU_KIND}(?:ugyintezot|ugynokot|operatort|embert|munkatarsat|kollegat|szemelyt|ugyfelszolgalatot|ugyfelszolgalatost` +
  '|tanacsadot|kezelot|agentet)';
const HU_TO =
  `${HU_KIND}(?:ugyintezohoz|ugynokhoz|operatorhoz|emberhez|munkatarshoz|kollegahoz|szemelyhez|ugyfelszolgalathoz` +
  '|ugyfelszolgalatra|ugyfelszolgalatoshoz|tanacsadohoz|kezelohoz|agenthez)';
const HU_WHO =
  '(?:(?:elo|igazi|valodi|human) )*(?:ugyintezo|ugynok|operator|ember|munkatars|ugyfelszolgalat|ugyfelszolgalatos|agent)';
const HU_WANT =
  '(?:szeretnek|szeretnenk|akarok|akarunk|akarnek|kivanok|tudnek|tudok|lehet|lehetne|kell|kene|kellene|muszaj)(?: most| vegre| inkabb| en is)?';
const HU_TALK = '(?:beszelni|beszelgetni|chatelni|csetelni|egyeztetni)';
const HU_MAY = '(?:beszelhetnek|beszelhetek|beszelhetnenk|chatelhetnek)';
const HU_ASK = '(?:kerek|kernek|kerunk|akarok|szeretnek|hivjon|hivj|adjon|adj|adjatok)';

// German

const DE_NOUN =
  '(?:agent(?:en|in)?|mitarbeiter(?:in|n)?|mensch(?:en)?|person|operator|kollegen|kollegin|(?:kunden|service)?berater(?:in)?|kundenbetreuer(?:in)?' +
  '|servicemitarbeiter(?:in)?|supportmitarbeiter(?:in)?|kundenservice|kundendienst|kundensupport|kundenbetreuung)';
const DE_KIND = '(?:(?:echten|echter|echte|richtigen|richtiger|richtige|lebenden|menschlichen|menschlicher|realen) )*';
const DE_OF = '(?: (?:vom|aus dem|im|von der) (?:kunden)?(?:service|support|dienst|betreuung))?';
const DE_WITH =
  `mit (?:(?:(?:einem|einer|einen|dem|der|nem|ner|ihrem|ihrer|eurem|eurer) )?${DE_KIND}${DE_NOUN}` +
  `|dem support|jemand(?:em|en)?(?: (?:echtem|echten|anderem))?)${DE_OF}`;
const DE_WHOM = `(?:(?:einen|eine|nen|ne|den|die) )?${DE_KIND}${DE_NOUN}${DE_OF}`;
const DE_FILL = '(?: (?:bitte|gern|gerne|jetzt|mal|lieber|doch|endlich|direkt))*';
const DE_TALK = '(?:sprechen|reden|schreiben|chatten|verbunden werden)';
const DE_WANT = '(?:moe?chten?|will|wollen|wue?rden?|muss|kann|koe?nnten?|darf|due?rfte)';

// The rest, not reviewed by a native speaker.

const ES_WHO =
  '(?:(?:un|una|el|la|su|algun) )?(?:(?:agente|persona|humano|operador|operadora|representante|asesor|asesora)(?: (?:humano|humana|real|en vivo))?|alguien|atencion al cliente|servicio al cliente)';
const FR_WHO =
  '(?:(?:un|une|le|la|lun de vos|votre) )?(?:(?:vrai|vraie) )?(?:(?:agent|personne|humain|operateur|operatrice|conseiller|conseillere|representant|etre humain)(?: (?:humain|humaine|reel|reelle))?|quelquun|service client)';
const IT_WHO =
  '(?:(?:un|uno|una|il|la|lo) )?(?:(?:vero|vera) )?(?:(?:agente|persona|umano|operatore|operatrice|unoperatrice|consulente|essere umano|rappresentante)(?: (?:umano|umana|reale|vero|vera))?|qualcuno|servizio clienti|assistenza clienti)';
const NL_WHO =
  '(?:(?:een|de|n) )?(?:(?:echte|echt|menselijke|live) )?(?:medewerker|medewerkster|agent|mens|persoon|iemand|klantenservice|operator|adviseur)(?: van de klantenservice)?';
const PL_WITH =
  '(?:z|ze) (?:(?:zywym|prawdziwym|jakims) )?(?:agentem|konsultantem|konsultantka|czlowiekiem|operatorem|pracownikiem|przedstawicielem|kims|doradca|osoba|biurem obslugi klienta)';
const PT_WHO =
  '(?:(?:um|uma|o|a) )?(?:(?:agente|pessoa|humano|operador|operadora|atendente|representante|assistente)(?: (?:humano|humana|real|de verdade))?|alguem)';
const RO_WHO =
  '(?:(?:un|o) )?(?:(?:agent|persoana|om|operator|operatoare|reprezentant|consultant|coleg)(?: (?:uman|umana|real|reala))?|cineva|agentul|operatorul|serviciul clienti)';
const SK_WITH =
  '(?:s|so) (?:(?:zivym|skutocnym|nejakym) )?(?:agentom|operatorom|operatorkou|clovekom|pracovnikom|konzultantom|niekym|zakaznickou podporou|zastupcom)';

const PHRASES: Readonly<Record<PhraseLanguage, Phrases>> = {
  en: {
    around: [
      'please|pls|plz|kindly|(?:hi|hello|hey)(?: there)?|good (?:morning|afternoon|evening|day)|ok|okay|yes|sorry|excuse me',
      'thanks(?: a lot)?|thank you(?: very much| so much)?|thx|right now|now|asap|immediately|instead|again|just|for help',
    ],
    requests: [
      `(?:${EN_LEAD} )?(?:talk|speak|chat|be connected|get connected) (?:to|with) ${EN_WHO}`,
      `(?:i am|im) (?:looking|asking) for ${EN_AGENT}`,
      `(?:(?:can|could|would) you (?:please )?|i (?:want|need|would like) you to |i need to be )?${EN_CONNECT} ${EN_WHO}`,
      `(?:can|could) i (?:please )?(?:get|have) ${EN_WHO}`,
      `(?:(?:can|could) you )?(?:get|give|find|call) me ${EN_WHO}`,
      `(?:i|we) (?:really |just )?(?:want|need) (?:an? |the )?(?:(?:live|human|real|actual|support|customer service) )*(?:agent|human|human being|operator|representative|rep|person|customer (?:service|support))`,
      '(?:id|i would) like (?:an? )(?:(?:live|human|real|actual|support|customer service) )*(?:agent|human|operator|representative|person)',
      '(?:talking|speaking) to (?:an? )(?:(?:live|human|real) )*(?:agent|human|person)',
      '(?:an? )?(?:(?:live|human|real|actual|support|customer service) )*(?:agent|human|operator|representative|customer service|customer support|human support|live chat)',
      '(?:a )?(?:live|real|actual) person',
    ],
  },
  hu: {
    around: [
      'kerem|kerlek|kerem szepen|legyszi|legyszives|legy szives|legyen szives|koszonom|koszi|kosz|elore is koszonom|most|azonnal|surgosen',
      'szia|sziasztok|hello|helo|hali|hi|udv|udvozlom|jo (?:napot|reggelt|estet)(?: kivanok)?|igen|inkabb|ok|oke|bocsanat|elnezest',
    ],
    requests: [
      `${HU_WITH} ${HU_WANT} ${HU_TALK}`,
      `${HU_WITH} ${HU_TALK} ${HU_WANT}`,
      `${HU_WANT} ${HU_WITH} ${HU_TALK}`,
      `${HU_WANT} ${HU_TALK} ${HU_WITH}`,
      `${HU_TALK} ${HU_WANT} ${HU_WITH}`,
      `${HU_TALK} ${HU_WITH}(?: ${HU_WANT})?`,
      `${HU_WITH} ${HU_TALK}`,
      `${HU_MAY} ${HU_WITH}`,
      `${HU_WITH} ${HU_MAY}`,
      `${HU_ASK} ${HU_WHOM}`,
      `${HU_WHOM}(?: ${HU_ASK})?`,
      `(?:szeretnek|lehetne|szeretnenk) kerni ${HU_WHOM}`,
      `${HU_WHOM} (?:szeretnek|lehetne|szeretnenk) kerni`,
      `(?:kapcsoljon|kapcsolj|kapcsolja|kapcsoljatok|kapcsoljanak|iranyitson|iranyits)(?: at| be| ossze| engem| tovabb)*(?: ${HU_TO}| ${HU_WHOM}| ${HU_WITH})`,
      HU_WHO,
    ],
  },
  de: {
    around: [
      'bitte|danke|danke schoe?n|vielen dank|hallo|hi|hey|guten (?:tag|morgen|abend)|moin|servus|grue?ss gott|ja|ok|okay|jetzt|sofort|entschuldigung',
    ],
    requests: [
      `(?:ich |wir )?${DE_WANT}(?: ich| wir)?${DE_FILL} ${DE_WITH}${DE_FILL}(?: ${DE_TALK})`,
      `${DE_WITH}${DE_FILL} ${DE_TALK}`,
      `(?:sprechen|reden|chatten|sprich|rede) ${DE_WITH}`,
      `(?:verbinden|verbinde|verbindet) (?:sie )?mich${DE_FILL} ${DE_WITH}`,
      `(?:koe?nn(?:en|ten) sie|kannst du|koe?nntest du) mich${DE_FILL} ${DE_WITH}${DE_FILL} verbinden`,
      `(?:ich )?(?:moe?chte|will|brauche|hae?tte|wue?nsche)(?: ich)?${DE_FILL} ${DE_WHOM}${DE_FILL}(?: sprechen| haben)?`,
      `(?:gib|geben|hol|holen)(?: sie)? mir${DE_FILL} ${DE_WHOM}`,
      `(?:kann|koe?nnte|darf) ich${DE_FILL} ${DE_WHOM}${DE_FILL} (?:sprechen|haben)`,
      `(?:(?:einen|eine|nen|ne) )?${DE_KIND}${DE_NOUN}`,
    ],
  },
  es: {
    around: ['por favor|porfavor|gracias|muchas gracias|hola|buenos dias|buenas tardes|buenas noches|ahora|buenas'],
    requests: [
      `(?:(?:quiero|quisiera|necesito|puedo|podria|me gustaria|deseo) )?(?:hablar|chatear|comunicarme|contactar) con ${ES_WHO}`,
      `(?:puede |puedes |podria )?(?:comunicarme|conecteme|conectame|paseme|pasame|transfierame|comuniqueme|pongame) con ${ES_WHO}`,
      '(?:quiero |necesito )?(?:un |una )?(?:agente|operador|operadora|asesor|asesora|persona real|agente humano|humano)',
    ],
  },
  fr: {
    around: [
      'sil vous plait|sil te plait|svp|stp|merci|merci beaucoup|bonjour|bonsoir|salut|maintenant|tout de suite|oui',
    ],
    requests: [
      `(?:(?:je veux|je voudrais|jaimerais|je souhaite|je souhaiterais|puis je|est ce que je peux|je peux|il faut) )?(?:parler|discuter|chatter|echanger) (?:a|avec|au) ${FR_WHO}`,
      `(?:(?:pouvez vous|pourriez vous) )?(?:passez moi|mettez moi en relation avec|me passer|me mettre en relation avec|transferez moi (?:a|vers)) ${FR_WHO}`,
      '(?:(?:je veux|je voudrais|il me faut|jai besoin dun|jai besoin dune) )?(?:un |une )?(?:agent|conseiller|conseillere|operateur|humain|agent humain|vraie personne)',
    ],
  },
  it: {
    around: ['per favore|per piacere|perfavore|grazie|grazie mille|ciao|buongiorno|buonasera|salve|adesso|ora|subito'],
    requests: [
      `(?:(?:voglio|vorrei|posso|potrei|devo|mi piacerebbe|ho bisogno di) )?(?:parlare|chattare|comunicare) con ${IT_WHO}`,
      `(?:(?:puo|puoi|potrebbe) )?(?:passami|mi passi|passarmi|mettermi in contatto con|mi metta in contatto con|collegami con|trasferiscimi a) ${IT_WHO}`,
      '(?:(?:voglio|vorrei|mi serve|ho bisogno di) )?(?:un |una )?(?:agente|operatore|operatrice|unoperatrice|persona reale|persona vera|operatore umano|umano)',
    ],
  },
  nl: {
    around: ['alstublieft|alsjeblieft|aub|ajb|dank u|dank je|bedankt|hallo|hoi|goedemorgen|goedemiddag|goedenavond|nu'],
    requests: [
      `(?:(?:ik wil|ik zou|ik moet|kan ik|mag ik|zou ik|ik wens)(?: graag)? )?(?:spreken |praten |chatten )?met ${NL_WHO}(?: (?:spreken|praten|chatten|willen spreken|willen praten))`,
      `(?:(?:ik wil|ik zou|kan ik|mag ik)(?: graag)? )?(?:spreken|praten|chatten) met ${NL_WHO}`,
      `(?:(?:kunt u|kun je) )?(?:verbind )?mij? (?:doorverbinden )?(?:door )?met ${NL_WHO}(?: (?:doorverbinden|verbinden))?`,
      '(?:(?:ik wil|ik zoek)(?: graag)? )?(?:een )?(?:medewerker|echte persoon|echt persoon|agent|mens|menselijke medewerker)',
    ],
  },
  pl: {
    around: ['prosze|dziekuje|dzieki|czesc|dzien dobry|dobry wieczor|hej|witam|teraz|natychmiast|bardzo'],
    requests: [
      `(?:(?:chce|chcialbym|chcialabym|chcialbym|moge|czy moge|czy moglbym|czy moglabym|potrzebuje|musze) )?(?:porozmawiac|rozmawiac|pogadac|polaczyc sie|rozmowy|rozmowa) ${PL_WITH}`,
      `(?:(?:czy )?(?:moze pan|moze pani|mozesz) )?(?:polacz|polaczcie|polaczyc|przelacz) mnie ${PL_WITH}`,
      '(?:(?:chce|poprosze|potrzebuje) )?(?:agenta|konsultanta|konsultant|operatora|operator|agent|czlowieka|zywy czlowiek|zywego czlowieka)',
    ],
  },
  pt: {
    around: ['por favor|obrigado|obrigada|ola|oi|bom dia|boa tarde|boa noite|agora'],
    requests: [
      `(?:(?:quero|queria|gostaria de|preciso|preciso de|posso|poderia) )?(?:falar|conversar) com ${PT_WHO}`,
      `(?:(?:pode|poderia) )?(?:me conecte|me conectar|me transfira|me transferir|me passe|me passar|ligue me) (?:com|a|para) ${PT_WHO}`,
      '(?:(?:quero|preciso de) )?(?:um |uma )?(?:atendente|agente|operador|operadora|humano|pessoa real|atendente humano)',
    ],
  },
  ro: {
    around: ['va rog|te rog|multumesc|mersi|buna|buna ziua|salut|acum|imediat'],
    requests: [
      `(?:(?:vreau|as vrea|doresc|as dori|pot|as putea|trebuie|pot sa|vreau sa|as vrea sa|doresc sa|as dori sa|trebuie sa) )?(?:vorbesc|vorbi|discut|sa vorbesc|sa discut) cu ${RO_WHO}`,
      `(?:(?:puteti|poti) )?(?:conectati ma|sa ma conectati|ma conectati|faceti mi legatura|transferati ma) (?:cu|la) ${RO_WHO}`,
      '(?:(?:vreau|doresc|am nevoie de) )?(?:un )?(?:agent|operator|operator uman|agent uman|om real|consultant)',
    ],
  },
  sk: {
    around: ['prosim|prosim vas|dakujem|dakujem pekne|dobry den|ahoj|dobry vecer|teraz|hned|vopred dakujem'],
    requests: [
      `(?:(?:chcem|chcel by som|chcela by som|mozem|mohol by som|mohla by som|potrebujem) )?(?:hovorit|rozpravat|porozpravat sa|rozpravat sa|hovorit sa|spojit sa) ${SK_WITH}`,
      `(?:(?:chcem|chcel by som|chcela by som|mozem|potrebujem) )?(?:sa )?${SK_WITH} (?:hovorit|rozpravat|porozpravat|porozpravat sa|spojit)`,
      `(?:(?:mozete) )?(?:spojte ma|prepojte ma|ma spojit|ma prepojit) ${SK_WITH}`,
      '(?:(?:chcem|potrebujem) )?(?:agenta|operatora|operator|agent|cloveka|ziveho cloveka|zivy operator|zivy clovek)',
    ],
  },
};
