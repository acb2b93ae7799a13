"""Contents of libraries: messages, graphics and panels. A library's id is its owner's: UR_, GR_ or TS_."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.directory import Brand, Person


class Message(models.Model):
    """A text in several languages, for mails and pages."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.message_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="messages")
    library_id = models.CharField(max_length=40)
    category = models.CharField(max_length=40)  # one of the sixteen of createLibraryMessage
    name = models.CharField(max_length=200)
    texts = models.JSONField(default=dict)  # language -> text
    created_at = models.DateTimeField(default=timezone.now)
    modified_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["library_id"], name="messages_of_library"),)

    def __str__(self) -> str:
        return self.name


class Graphic(models.Model):
    """A checked image."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.graphic_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="graphics")
    library_id = models.CharField(max_length=40)
    description = models.CharField(max_length=200)
    category = models.CharField(max_length=100, default="Unassigned")
    content = models.BinaryField()
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["library_id"], name="graphics_of_library"),)

    def __str__(self) -> str:
        return self.description


class BrandLogo(models.Model):
    """A small PNG shown in place of a brand's name; separate from the brand, which is read very often."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="logo_image")
    content = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # SHA-256 of the source file

    def __str__(self) -> str:
        return f"{self.brand_id}: {self.width} x {self.height}"


class Panel(models.Model):
    """A list of persons to which responses can be filtered."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.panel_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="panels")
    library_id = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    persons = models.ManyToManyField(Person, related_name="panels", blank=True)

    class Meta:
        indexes = (models.Index(fields=["library_id"], name="panels_of_library"),)

    def __str__(self) -> str:
        return self.name
