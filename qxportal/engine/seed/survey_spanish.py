"""The surveys of the demo and of new brands in Spanish, statement by statement as in `survey.py`."""

from qxportal.engine.seed.survey import Heading, SeedSurvey, Tone

FREQUENCY = ("Casi nunca", "Pocas veces", "A veces", "A menudo", "Casi siempre")

LEADERSHIP = SeedSurvey(
    name="Liderazgo 360°",
    description="Ocho competencias de liderazgo con cuatro afirmaciones cada una, y tres preguntas abiertas.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Marca el rumbo",
            "Todos saben hacia dónde va el trabajo y qué importa por el camino.",
            (
                "Explica hacia dónde va el equipo y por qué es importante",
                "Establece prioridades claras cuando todo parece urgente",
                "Relaciona el trabajo diario con los objetivos de la empresa",
                "Dice abiertamente qué no se va a hacer",
            ),
        ),
        Heading(
            "Comunica con apertura",
            "La información llega a quien la necesita, en ambas direcciones.",
            (
                "Escucha hasta que los demás han terminado de hablar",
                "Informa pronto, también cuando es desagradable",
                "Habla y escribe de manera que todos lo entienden",
                "Adapta el mensaje a las personas presentes",
            ),
        ),
        Heading(
            "Genera confianza",
            "Se puede confiar en lo que se dice, y los errores se pueden nombrar.",
            (
                "Cumple sus promesas, grandes y pequeñas",
                "Reconoce sus propios errores",
                "Trata a todas las personas con el mismo respeto",
                "Guarda para sí lo que es confidencial",
            ),
        ),
        Heading(
            "Desarrolla a las personas",
            "Los demás crecen con tareas, feedback y espacio para probar.",
            (
                "Da un feedback útil en el momento oportuno",
                "Delega responsabilidad, no solo tareas",
                "Apoya a los demás en su siguiente paso",
                "Se fija en el buen trabajo y lo reconoce",
            ),
        ),
        Heading(
            "Consigue resultados",
            "Lo acordado se lleva a cabo, con buena calidad.",
            (
                "Fija objetivos que se pueden medir",
                "Cumple los plazos acordados o avisa a tiempo",
                "Elimina obstáculos para el equipo",
                "Vela por que se cumpla lo acordado",
            ),
        ),
        Heading(
            "Decide bien",
            "Las decisiones se toman a tiempo, se basan en hechos y se explican.",
            (
                "Decide a tiempo, aunque no se conozcan todos los hechos",
                "Basa sus decisiones en hechos y no en la voz más alta",
                "Hace partícipes a las personas afectadas",
                "Revisa sus decisiones cuando cambian los hechos",
            ),
        ),
        Heading(
            "Trabaja más allá de su área",
            "Los departamentos y las sedes ganan juntos.",
            (
                "Busca soluciones que también sirvan a otros departamentos",
                "Cuenta con colegas de otras sedes",
                "Resuelve los conflictos pronto y con justicia",
                "Comparte recursos y conocimientos cuando otros los necesitan",
            ),
        ),
        Heading(
            "Impulsa el cambio",
            "Lo nuevo se hace posible sin dejar a nadie atrás.",
            (
                "Cuestiona lo que siempre se ha hecho así",
                "Deja que los demás prueben y aprendan de lo que falla",
                "Mantiene la calma y la confianza bajo presión",
                "Explica pronto los cambios y responde con paciencia",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "¿Qué debería seguir haciendo esta persona porque funciona bien?"),
        (Tone.GROWTH, "¿Qué cambio haría que esta persona fuera más eficaz?"),
        (Tone.OTHER, "¿Desea añadir algo más?"),
    ),
)

TEAMWORK = SeedSurvey(
    name="Trabajar en equipo",
    description="Un cuestionario breve para todos: cinco temas de tres afirmaciones y dos preguntas abiertas.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Fiabilidad",
            "Los demás pueden contar con lo acordado.",
            ("Hace lo que se ha acordado", "Avisa pronto cuando algo se retrasa", "Deja el trabajo en orden"),
        ),
        Heading(
            "Cooperación",
            "Juntos, el trabajo sale mejor.",
            (
                "Ofrece ayuda sin que se la pidan",
                "Comparte con gusto lo que sabe",
                "Pide la opinión de los demás antes de decidir",
            ),
        ),
        Heading(
            "Claridad",
            "Las palabras son sencillas y las reuniones, útiles.",
            ("Dice con claridad qué se necesita y para cuándo", "Sabe escuchar", "Va al grano en las conversaciones"),
        ),
        Heading(
            "Calidad profesional",
            "El trabajo es bueno y mejora.",
            ("Entrega un trabajo cuidado", "Aprovecha el feedback recibido", "Aporta ideas nuevas a los proyectos"),
        ),
        Heading(
            "Atención al cliente",
            "Los clientes se sienten comprendidos.",
            (
                "Entiende lo que necesita el cliente",
                "Mantiene informados a los clientes",
                "Mantiene la amabilidad en situaciones difíciles",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "¿Qué valora más de trabajar con esta persona?"),
        (Tone.GROWTH, "¿Qué haría que trabajar juntos fuera aún mejor?"),
    ),
)
