"""The commonest small words of languages in Latin script: what tells one from another."""

SMALL_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "ca": "el la els les un una de del dels que i no amb per és són aquest aquesta ha com "
        "però més si al als en no també hi seva seu quan o està fer pot té molt sense",
        "cs": "a je se na v že to s z do jako pro si o po aby byl být jsou který která které ale "
        "tak nebo ve by za jeho jsem co když při není mají může od k ze už jen bude",
        "da": "og i at det er en til på som med den for af ikke der de har et han fra vil kan var "
        "eller om men så også hvis skal blive bliver du jeg dette denne være efter ved",
        "de": "der die das und ist nicht ein eine zu den mit von sich auf für im dem es als auch "
        "an werden aus er sie bei dass oder wird ich wir sind einer einen kann wenn nur noch nach",
        "en": "the of and to in is that it for was on are as with be this by from have not or at "
        "you an they which but we his her can has if will your there what when would their",
        "es": "el la los las de que y en un una es no por con para se del al lo como más pero su "
        "sus este esta ha son está o si también cuando muy sin sobre ser puede tiene hay",
        "fi": "ja on ei että se oli ovat hän mutta kuin tai myös niin jos kun mitä voi ole joka "
        "tämä sen olla sitä vain jotka nyt ne mukaan koska minä sinä siitä hyvin",
        "fr": "le la les des et est un une du en que qui pour dans ne pas sur au avec ce il se "
        "par plus sont vous nous cette ou mais être a aux son sa ses je si peut comme été",
        "hu": "a az és hogy nem is egy ez meg van volt csak de ha mint már el még vagy azt kell "
        "ezt nagyon amely lehet ki mi én ő lesz után",
        "id": "yang dan di untuk dengan ini itu dari tidak dalam adalah pada akan ke atau anda "
        "oleh juga sebagai bisa dapat telah ada karena saya kami mereka lebih sudah",
        "it": "il la lo gli le di che e è un una per non in con del della dei delle sono si da al "
        "alla più come ma anche o se questo questa ha nel nella essere può suo",
        "nl": "de het een en van is dat in te op niet voor met zijn er aan ook als bij om door "
        "worden wordt maar naar dan ze je uit deze kan u of nog heeft hij deze wat geen moet",
        "no": "og i at det er en til på som med den for av ikke de har et han fra vil kan var "
        "eller om men så også hvis skal blir du jeg dette denne være etter ved hva bare",
        "pl": "i w nie na się z do to że jest o jak za po od dla przez są ale lub czy oraz przy "
        "być może który która które jego tego tym by co tak już można ze będzie",
        "pt": "o a os as de que e em um uma é não para com por do da dos das no na ao se mais como "
        "mas foi ou seu sua são você também está ser isso esta este pode tem muito quando",
        "ro": "și de în la a cu pe nu este că un o din care pentru mai sunt ce se dar sau să fi "
        "după prin ca au fost poate această acest lui le dacă va când",
        "sv": "och i att det är en som på för av med den till inte ett har de om var jag han från "
        "kan eller men så vi du ska när också vid detta denna vara måste efter mycket hur",
        "tr": "ve bir bu için ile da de olarak çok ne o daha ama gibi kadar en var olan değil ya "
        "veya sonra her mi ben sen biz siz bunu olduğu olur ki ise",
        "vi": "và của là có không được cho các một trong người với những để này đã khi từ như "
        "cũng đến hoặc bạn về tôi nếu sẽ vào ra",
    }.items()
}
