"""What an invented person tells in each language of the house: every letter of its alphabet is in it."""

from typing import NamedTuple

from intake.i18n import TAGS


class Told(NamedTuple):
    """What is said in one case, and where it happened: the story, the desk's question, the answer, and why it ends."""

    country: str
    story: str
    question: str
    message: str
    why: str


TOLD = {
    "ru": Told(
        "KZ",
        "В понедельник вечером трое вошли в дом и увели моего брата. Куда его увезли, никто не говорит. Они объявили, "
        "что это ненадолго, перевернули мебель, забрали чемодан. Шофёр видел его у цирка, возле вокзала; в июле к нам "
        "уже приезжали так же. Мой отец ходит и ищет его. Этот рассказ выдуман.",
        "Кто ещё видел, как его увозили?",
        "Соседка вспомнила номер машины, но боится его называть.",
        "Мы всё проверили, ваш брат дома.",
    ),
    "kk": Told(
        "KZ",
        "Дүйсенбі күні кешке үйге үш адам келіп, інімді алып кетті. Қайда әкеткенін ешкім айтпайды. Олар жиһазды "
        "төңкеріп, чемодан мен щётканы лақтырды. Вокзал жақтағы объектіде бір шофёр көріпті. Июльде де осылай цехқа "
        "келген. Анам түні бойы ұйықтамайды, ғайып болған ұлын эфирден іздейді. Фамилиясын айтуға қорқамыз. Бұл әңгіме "
        "ойдан шығарылған.",
        "Оны алып кеткенін тағы кім көрді?",
        "Көршіміз көліктің нөмірін есіне түсірді, бірақ айтуға қорқады.",
        "Бәрін тексердік, ініңіз үйінде.",
    ),
    "ky": Told(
        "KG",
        "Дүйшөмбү күнү кечинде үйгө үч киши келип, инимди алып кетти. Кайда экенин эч ким айтпайт. Алар эшикти тээп, "
        "чемодан менен щётканы ыргытышты. Вокзалдын жанындагы объектиде бир шофёр көрүптүр. Июлда цехке да ушинтип "
        "келишкен. Хатыбызга жооп жок. Апам альбомду кучактап, таң атканча уктабайт. Фамилиясын айтпайм. Бул аңгеме "
        "ойдон чыгарылган.",
        "Аны алып кеткенин дагы ким көрдү?",
        "Коңшубуз машиненин номерин эстеди, бирок айтуудан коркот.",
        "Баарын текшердик, иниңиз үйүндө.",
    ),
    "uz": Told(
        "UZ",
        "Dushanba kuni kechqurun uyga uch kishi kirib, ukamni olib ketishdi. Qayerdaligini hech kim aytmayapti. "
        "Maʼlum boʻlishicha, gʻishtli binoda ushlab turishibdi. Jamshid ogʻzidan chiqqan bir soʻz uchun, deyishdi. "
        "Vokzal yonida doʻsti koʻrgan. Xatimizga javob yoʻq, onam tong otguncha yigʻlaydi, familiyamizni "
        "aytishga qoʻrqadi. Bu hikoya oʻylab topilgan.",
        "Uni olib ketishganini yana kim koʻrdi?",
        "Qoʻshnimiz mashinaning raqamini esladi, lekin aytishga qoʻrqadi.",
        "Hammasini tekshirdik, ukangiz uyda.",
    ),
    "uz-Cyrl": Told(
        "UZ",
        "Душанба куни кечқурун уйга уч киши кириб, укамни олиб кетишди. Қаердалигини ҳеч ким айтмаяпти. Маълум "
        "бўлишича, ғиштли бинода ушлаб туришибди. Июль ойида Жамшидни ҳам цирк ёнидан шундай олиб кетишган эди. Дўсти "
        "кўрган. Хатимизга жавоб йўқ, онам тонг отгунча йиғлайди, фамилиямизни айтишга қўрқади. Бу ҳикоя ўйлаб "
        "топилган.",
        "Уни олиб кетишганини яна ким кўрди?",
        "Қўшнимиз машинанинг рақамини эслади, лекин айтишга қўрқади.",
        "Ҳаммасини текширдик, укангиз уйда.",
    ),
    "tg": Told(
        "TJ",
        "Рӯзи душанбе бегоҳӣ се нафар ба хонаи мо даромада, бародарамро бурданд. Ҳеҷ кас намегӯяд, ки ӯ дар куҷост. "
        "Онҳо эълон накарданд, ки чаро мебаранд, ва ҳамаи қоғазҳоро гирифтанд. Ҳамсоя ӯро назди вокзал дидааст; моҳи "
        "июн ҳам жола меборид, ки ёздаҳ кас омаданд. Мо пайғом фиристодем, ҷавоб нест. Ин ҳикоя бофта аст.",
        "Кӣ боз дид, ки ӯро бурданд?",
        "Ҳамсоя рақами мошинро ба ёд овард, аммо аз гуфтан метарсад.",
        "Ҳамаашро санҷидем, бародаратон дар хона аст.",
    ),
    "tk": Told(
        "TM",
        "Duşenbe güni agşam öýe üç adam gelip, inimi alyp gitdi. Häzir nirededigini hiç kim aýtmaýar. Olar žurnallary, "
        "çemodany alyp, gapyny döwüp gitdiler. Wokzalyň ýanynda bir şofýor görüpdir. Hatymyza jogap ýok. Ejem gije "
        "ýatyp bilenok, goňşymyz bolsa gorkýar. Bu hekaýa oýlanyp tapyldy.",
        "Ony alyp gidenlerini ýene kim gördi?",
        "Goňşymyz maşynyň belgisini ýatlady, ýöne aýtmaga gorkýar.",
        "Hemmesini barladyk, iniňiz öýde.",
    ),
    "en": Told(
        "KZ",
        "On Monday evening three men came into our home and took my brother. Nobody tells us where he is. They said it "
        "was just for a quick talk, emptied every box and left. A driver saw him near the old bazaar. My mother is "
        "frozen with fear and does not sleep. This story is invented.",
        "Who else saw how he was taken?",
        "A neighbour remembers the number of the car, but is afraid to say it.",
        "We checked all of it; your brother is at home.",
    ),
}
TOLD = {tag: TOLD[tag] for tag in TAGS}
