"""Common misspellings of English words that are no words themselves."""

from collections.abc import Mapping
from typing import Final

_TABLE: Final = (
    "absense absence, accomodate accommodate, accross across, acheive achieve",
    "acknowlege acknowledge, adress address, adn and, agian again, agressive aggressive",
    "amoung among, anually annually, anwser answer, apparantly apparently",
    "appologize apologize, aquire acquire, arguement argument, asistant assistant",
    "assitant assistant, assistent assistant, assitance assistance, attatched attached",
    "availble available, avaliable available, awnser answer, basicly basically",
    "becuase because, becasue because, begining beginning, beleive believe",
    "buisness business, calender calendar, catagory category, cateogry category",
    "charachter character, cheif chief, comming coming, commited committed",
    "compatability compatibility, completly completely, concious conscious",
    "consistant consistent, contians contains, convinient convenient",
    "correctely correctly, curent current, custmer customer, custommer customer",
    "cutomer customer, definately definitely, definitly definitely",
    "desciption description, diffrent different, dificult difficult, disapoint disappoint",
    "doccument document, documment document, embarass embarrass, enviroment environment",
    "excercise exercise, existance existence, explaination explanation, familar familiar",
    "finaly finally, follwing following, folowing following, foriegn foreign",
    "freindly friendly, futher further, garantee guarantee, generaly generally",
    "goverment government, gramatically grammatically, grammer grammar, gaurd guard",
    "happend happened, helpfull helpful, heirarchy hierarchy, immediatly immediately",
    "immediatley immediately, importent important, independant independent",
    "infomation information, informaton information, intrest interest, interupt interrupt",
    "intruction instruction, intructions instructions, instuction instruction",
    "instuctions instructions, insructions instructions, knowlege knowledge",
    "langauge language, lenght length, libary library, maintainance maintenance",
    "managment management, messsage message, mesage message, millenium millennium",
    "mispell misspell, neccessary necessary, necesary necessary, noticable noticeable",
    "occured occurred, occurence occurrence, ocassion occasion, oppurtunity opportunity",
    "orginal original, paramter parameter, percieve perceive, persistant persistent",
    "plese please, pleae please, polte polite",
    "politley politely, politly politely, posession possession, posible possible",
    "prefered preferred, previos previous, privelege privilege, probaly probably",
    "proccess process, proffesional professional, profesional professional",
    "pronounciation pronunciation, publically publicly, questoin question",
    "quesiton question, recieve receive, recieved received, recieves receives",
    "reccomend recommend, recomend recommend, refered referred, referal referral",
    "relevent relevant, religous religious, repeatly repeatedly, reponse response",
    "responce response, respone response, resouce resource, seperate separate",
    "seperately separately, sentance sentence, similiar similar, sincerly sincerely",
    "speach speech, succesful successful, successfull successful",
    "succesfully successfully, sumary summary, suport support, suprise surprise",
    "taht that, teh the, tehm them, thier their, tommorow tomorrow, tommorrow tomorrow",
    "truely truly, unfortunatly unfortunately, useage usage, usefull useful",
    "useing using, usualy usually, verfiy verify, wich which, wierd weird, wiht with",
    "writting writing, wroking working, yuo you",
)
"""A wrong form and the right one, commas between: a row may hold several."""

MISSPELLED: Final[Mapping[str, str]] = {
    wrong: right
    for row in _TABLE
    for wrong, _, right in (pair.partition(" ") for pair in row.split(", "))
}
"""The right form by the wrong one, in lower case. No negation, and no word that tells how much."""
