using System.Text.Json;
using Edge.Core.Errors;
using Edge.Dicom.Tags;
using Edge.Engine.Modification;

namespace Edge.Engine.Creation;

/// <summary>One instance of a request: its content, and tags of its own.</summary>
/// <param name="Uri">The data URI; null for none.</param>
public sealed record CreatedContent(string? Uri, IReadOnlyList<(DicomTag Tag, string? Creator, JsonElement Value)> Tags);

/// <summary>The body of <c>/tools/create-dicom</c>, checked.</summary>
public sealed record CreationRequest
{
    public IReadOnlyList<(DicomTag Tag, string? Creator, JsonElement Value)> Tags { get; init; } = [];

    /// <summary>The public id of the resource above what is made; null for none.</summary>
    public string? Parent { get; init; }

    /// <summary>What to embed; one entry without content where there is none.</summary>
    public required IReadOnlyList<CreatedContent> Contents { get; init; }

    /// <summary>Whether the contents were an array: then a series is made.</summary>
    public bool IsSeries { get; init; }

    public bool InterpretsBinaryTags { get; init; } = true;

    public string? PrivateCreator { get; init; }

    public bool Force { get; init; }

    public bool Encapsulate { get; init; }

    /// <summary>Reads a body. What it says is valid as long as the document.</summary>
    /// <exception cref="EdgeException">BadRequest, BadFileFormat, UnknownDicomTag, BadParameterType, CreateDicomNotString, CreateDicomUseContent.</exception>
    public static CreationRequest Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new EdgeException(ErrorCode.BadRequest, "The body of the request must be a JSON object");
        }

        if (!body.TryGetProperty("Tags", out JsonElement tags))
        {
            return ParseFlat(body);
        }

        if (tags.ValueKind != JsonValueKind.Object)
        {
            throw new EdgeException(ErrorCode.BadRequest, "The field \"Tags\" must associate tags with values");
        }

        bool isSeries = body.TryGetProperty("Content", out JsonElement content) && content.ValueKind == JsonValueKind.Array && content.GetArrayLength() > 0;
        return new CreationRequest
        {
            Tags = TagsOf(tags),
            Parent = Text(body, "Parent"),
            Contents = isSeries ? Items(content) : [new CreatedContent(content.ValueKind == JsonValueKind.Array ? null : Uri(content), [])],
            IsSeries = isSeries,
            InterpretsBinaryTags = ModificationParser.Boolean(body, "InterpretBinaryTags", absent: true),
            PrivateCreator = Text(body, "PrivateCreator"),
            Force = ModificationParser.Boolean(body, "Force", absent: false),
            Encapsulate = ModificationParser.Boolean(body, "Encapsulate", absent: false),
        };
    }

    /// <summary>The form before Orthanc 0.9: each member is a tag, PixelData the content.</summary>
    private static CreationRequest ParseFlat(JsonElement body)
    {
        List<(DicomTag, string?, JsonElement)> tags = [];
        string? content = null;
        foreach (JsonProperty member in body.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String)
            {
                throw new EdgeException(ErrorCode.CreateDicomNotString, $"Without the field \"Tags\" each value must be a string: \"{Shorten(member.Name)}\"");
            }

            DicomTag tag = TagOf(member.Name, out string? creator);
            if (tag == DicomTags.PixelData)
            {
                content = member.Value.GetString();
            }
            else
            {
                tags.Add((tag, creator, member.Value));
            }
        }

        return new CreationRequest { Tags = tags, Contents = [new CreatedContent(content, [])], Force = true };
    }

    private static List<CreatedContent> Items(JsonElement list)
    {
        List<CreatedContent> contents = new(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object)
            {
                if (!item.TryGetProperty("Content", out JsonElement content))
                {
                    throw new EdgeException(ErrorCode.CreateDicomNoPayload);
                }

                contents.Add(new CreatedContent(Uri(content), item.TryGetProperty("Tags", out JsonElement own) && own.ValueKind == JsonValueKind.Object ? TagsOf(own) : []));
            }
            else
            {
                contents.Add(new CreatedContent(Uri(item), []));
            }
        }

        return contents;
    }

    private static List<(DicomTag Tag, string? Creator, JsonElement Value)> TagsOf(JsonElement tags)
    {
        List<(DicomTag, string?, JsonElement)> list = [];
        foreach (JsonProperty member in tags.EnumerateObject())
        {
            DicomTag tag = TagOf(member.Name, out string? creator);
            if (tag == DicomTags.PixelData)
            {
                throw new EdgeException(ErrorCode.CreateDicomUseContent);
            }

            JsonTags.Check(tag, member.Value);
            list.Add((tag, creator, member.Value));
        }

        return list;
    }

    private static DicomTag TagOf(string name, out string? creator) => DicomTag.TryParse(name, out DicomTag tag, out creator)
        ? tag
        : throw new EdgeException(ErrorCode.UnknownDicomTag, $"Unknown DICOM tag: \"{Shorten(name)}\"");

    private static string? Uri(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.Undefined => null,
        JsonValueKind.String => content.GetString(),
        _ => throw new EdgeException(ErrorCode.CreateDicomUseDataUriScheme),
    };

    private static string? Text(JsonElement body, string name) => !body.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new EdgeException(ErrorCode.BadRequest, $"The field \"{name}\" must be a string");

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
