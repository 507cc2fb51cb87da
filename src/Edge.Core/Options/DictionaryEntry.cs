namespace Edge.Core.Options;

/// <summary>One tag of the option <c>Dictionary</c>.</summary>
/// <param name="Group">The group number.</param>
/// <param name="Element">The element number.</param>
/// <param name="ValueRepresentation">Two upper-case letters (PS3.5 6.2).</param>
/// <param name="Name">The name by which requests and answers know the tag.</param>
/// <param name="MinimumMultiplicity">The least number of values.</param>
/// <param name="MaximumMultiplicity">The greatest number of values, 0 for any.</param>
/// <param name="PrivateCreator">The owner of a private tag, else empty.</param>
public sealed record DictionaryEntry(
    ushort Group, ushort Element, string ValueRepresentation, string Name, int MinimumMultiplicity, int MaximumMultiplicity, string PrivateCreator);

/// <summary>One entry of the option <c>UserContentType</c>.</summary>
/// <param name="Number">1024 to 65535.</param>
/// <param name="Mime">The MIME type under which the attachment is served.</param>
public sealed record UserContentType(int Number, string Mime = "application/octet-stream");

/// <summary>The option <c>ExtraMainDicomTags</c>: tags by name or <c>gggg,eeee</c>, as they stand in the file.</summary>
public sealed record ExtraMainDicomTags
{
    public string[] Patient { get; set; } = [];

    public string[] Study { get; set; } = [];

    public string[] Series { get; set; } = [];

    public string[] Instance { get; set; } = [];
}
