"""The surveys of the demo and of new brands in French, statement by statement as in `survey.py`."""

from qxportal.engine.seed.survey import Heading, SeedSurvey, Tone

FREQUENCY = ("Presque jamais", "Rarement", "Parfois", "Souvent", "Presque toujours")

LEADERSHIP = SeedSurvey(
    name="Leadership 360°",
    description="Huit compétences de notre modèle de leadership (quatre énoncés chacune) et trois questions ouvertes.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Donne une direction",
            "Chacun sait où mène le travail et ce qui compte en chemin.",
            (
                "Explique où va l’équipe et pourquoi c’est important",
                "Fixe des priorités claires quand tout semble urgent",
                "Relie le travail quotidien aux objectifs de l’entreprise",
                "Dit ouvertement ce qui ne sera pas fait",
            ),
        ),
        Heading(
            "Communique ouvertement",
            "L’information parvient à qui en a besoin, dans les deux sens.",
            (
                "Écoute jusqu’à ce que l’autre ait fini de parler",
                "Informe tôt, même lorsque c’est désagréable",
                "S’exprime de façon compréhensible pour tous",
                "Adapte son message à ses interlocuteurs",
            ),
        ),
        Heading(
            "Instaure la confiance",
            "On peut compter sur la parole donnée, et les erreurs peuvent être dites.",
            (
                "Tient ses promesses, petites et grandes",
                "Reconnaît ses propres erreurs",
                "Traite tout le monde avec le même respect",
                "Garde pour soi ce qui est confidentiel",
            ),
        ),
        Heading(
            "Développe les personnes",
            "Les autres progressent grâce aux missions, au feedback et au droit d’essayer.",
            (
                "Donne un feedback utile, au bon moment",
                "Confie des responsabilités, et pas seulement des tâches",
                "Accompagne les autres dans leur prochaine étape",
                "Remarque et reconnaît le travail bien fait",
            ),
        ),
        Heading(
            "Obtient des résultats",
            "Ce qui a été convenu est réalisé, avec une bonne qualité.",
            (
                "Fixe des objectifs mesurables",
                "Respecte les délais convenus ou prévient à temps",
                "Lève les obstacles pour l’équipe",
                "Veille à ce que chacun tienne ses engagements",
            ),
        ),
        Heading(
            "Décide bien",
            "Les décisions sont prises à temps, fondées sur des faits et expliquées.",
            (
                "Décide à temps, même quand tous les faits ne sont pas connus",
                "Fonde ses décisions sur les faits plutôt que sur la voix la plus forte",
                "Associe les personnes concernées",
                "Réexamine ses décisions quand la situation change",
            ),
        ),
        Heading(
            "Travaille au-delà des frontières",
            "Les services et les sites réussissent ensemble.",
            (
                "Cherche des solutions qui conviennent aussi aux autres services",
                "Associe les collègues des autres sites",
                "Règle les conflits tôt et équitablement",
                "Partage les ressources et le savoir quand d’autres en ont besoin",
            ),
        ),
        Heading(
            "Conduit le changement",
            "La nouveauté devient possible sans laisser personne de côté.",
            (
                "Remet en question les habitudes",
                "Laisse les autres essayer et apprendre de leurs échecs",
                "Garde son calme et sa confiance sous pression",
                "Explique tôt les changements et répond patiemment aux questions",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "Que devrait continuer à faire cette personne parce que cela fonctionne bien\u00a0?"),
        (Tone.GROWTH, "Quel changement rendrait cette personne encore plus efficace\u00a0?"),
        (Tone.OTHER, "Souhaitez-vous ajouter quelque chose\u00a0?"),
    ),
)

TEAMWORK = SeedSurvey(
    name="Travailler ensemble",
    description="Un court questionnaire pour tous\u00a0: cinq thèmes de trois énoncés et deux questions ouvertes.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Fiabilité",
            "Les autres peuvent s’appuyer sur ce qui a été convenu.",
            (
                "Fait ce qui a été convenu",
                "Prévient tôt en cas de retard",
                "Laisse un travail en ordre aux suivants",
            ),
        ),
        Heading(
            "Coopération",
            "Ensemble, le travail devient meilleur.",
            (
                "Propose son aide sans qu’on la demande",
                "Partage volontiers son savoir",
                "Demande l’avis des autres avant de décider",
            ),
        ),
        Heading(
            "Clarté",
            "Les mots sont simples et les réunions utiles.",
            ("Dit clairement ce qu’il faut et pour quand", "Sait écouter", "Va à l’essentiel dans les discussions"),
        ),
        Heading(
            "Savoir-faire",
            "Le travail est bon et s’améliore.",
            (
                "Fournit un travail soigné",
                "Tient compte du feedback reçu",
                "Apporte des idées nouvelles dans les projets",
            ),
        ),
        Heading(
            "Sens du client",
            "Les clients se sentent compris.",
            (
                "Comprend les besoins du client",
                "Tient les clients informés",
                "Reste aimable dans les moments difficiles",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "Qu’appréciez-vous le plus dans cette collaboration\u00a0?"),
        (Tone.GROWTH, "Qu’est-ce qui rendrait cette collaboration encore meilleure\u00a0?"),
    ),
)
