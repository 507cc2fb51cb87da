using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Engine;
using Edge.Engine.Annotation;
using Edge.Engine.Query;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>POST /tools/find.</summary>
public sealed class Find(EdgeEngine engine)
{
    /// <summary>What searches call a field of the wrong type, unlike other routes.</summary>
    private const ErrorCode WrongType = ErrorCode.BadRequest;

    public Route[] Routes() =>
    [
        new("POST", "/tools/find", FindAsync, "Look for local resources"),
        new("POST", "/tools/count-resources", CountAsync, "Count local resources"),
    ];

    private async ValueTask FindAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync(malformed: WrongType).ConfigureAwait(false);
        JsonElement root = body.RootElement;
        FindQuery query = ReadQuery(root);
        bool contentIsAsked = root.Member("ResponseContent") is not null;
        bool expand = root.Boolean("Expand", absent: false, WrongType);
        ResponseContent content = contentIsAsked ? ResponseContents.Parse(root.Texts("ResponseContent", WrongType)) : ResponseContent.Default;
        TagFormat format = ReadFormat(root);
        RequestedTags requested = Expansion.ParseTags(root.Texts("RequestedTags", WrongType));
        List<FoundResource> found = await engine.Queries.FindResourcesAsync(query, request.Aborted).ConfigureAwait(false);
        if (!expand && !contentIsAsked)
        {
            await request.Json(found, static (writer, list) =>
            {
                writer.WriteStartArray();
                foreach (FoundResource resource in list)
                {
                    writer.WriteStringValue(resource.PublicId);
                }

                writer.WriteEndArray();
            }).ConfigureAwait(false);
            return;
        }

        Expansion expansion = new(engine, format, content, requested);
        await expansion.AnswerAsync(request, query.Level, found.ConvertAll(static one => one.Id)).ConfigureAwait(false);
    }

    private async ValueTask CountAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync(malformed: WrongType).ConfigureAwait(false);
        long count = await engine.Queries.CountResourcesAsync(ReadQuery(body.RootElement, isCount: true), request.Aborted).ConfigureAwait(false);
        await request.Json(count, static (writer, number) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("Count"u8, number);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>Reads the search of a request.</summary>
    /// <exception cref="EdgeException">400 (8) for wrong types, 400 (3) for wrong values, 500 (27) for unknown tags.</exception>
    /// <param name="isCount">For a count: paging is ignored, and case cannot be told apart.</param>
    public FindQuery ReadQuery(JsonElement root, bool isCount = false)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new EdgeException(WrongType, "The body must contain a JSON object");
        }

        ResourceLevel level = ReadLevel(root.OptionalText("Level", WrongType) ?? throw new EdgeException(WrongType, "Field \"Level\" is missing, or should be a string"));
        JsonElement conditions = root.Member("Query") is { ValueKind: JsonValueKind.Object } given ? given : throw new EdgeException(WrongType, "Field \"Query\" is missing, or should be a JSON object");
        bool caseSensitive = root.Boolean("CaseSensitive", absent: false, WrongType);
        long limit = isCount ? 0 : ReadUnsigned(root, "Limit");
        int cap = isCount ? 0 : level == ResourceLevel.Instance ? engine.Options.Indexing.LimitFindInstances : engine.Options.Indexing.LimitFindResults;
        long since = isCount ? 0 : ReadUnsigned(root, "Since");
        if (caseSensitive && (isCount || since > 0))
        {
            throw new EdgeException(WrongType, isCount ? "Field \"CaseSensitive\" is not allowed in a count" : "Fields \"CaseSensitive\" and \"Since\" cannot be combined");
        }

        FindQuery query = new()
        {
            Level = level,
            Since = since,
            Limit = cap > 0 && (limit == 0 || limit > cap) ? cap : limit,
            Labels = Array.ConvertAll(root.Texts("Labels", WrongType), LabelName.Require),
            LabelsAsked = root.Member("Labels") is not null,
            LabelsConstraint = ReadLabelsConstraint(root.OptionalText("LabelsConstraint", WrongType)),
            ParentPatient = root.OptionalText("ParentPatient", WrongType),
            ParentStudy = root.OptionalText("ParentStudy", WrongType),
            ParentSeries = root.OptionalText("ParentSeries", WrongType),
            OrderBy = root.Member("OrderBy") is { } order ? ReadOrder(order, level) : [],
        };
        foreach (JsonProperty condition in conditions.EnumerateObject())
        {
            string value = condition.Value.ValueKind == JsonValueKind.String
                ? condition.Value.GetString()!
                : throw new EdgeException(WrongType, $"Tag \"{condition.Name}\" must be associated with a string");
            query.Add(DicomTag.Parse(condition.Name), value, caseSensitive, engine.MainTags);
        }

        if (root.Member("MetadataQuery") is { } metadata)
        {
            foreach (JsonProperty condition in metadata.AsObject(WrongType).EnumerateObject())
            {
                int number = engine.Names.FindMetadata(condition.Name) ?? throw new EdgeException(ErrorCode.InexistentItem, $"Unknown metadata: \"{condition.Name}\"");
                query.AddMetadata(number, condition.Value.ValueKind == JsonValueKind.String ? condition.Value.GetString()! : throw new EdgeException(WrongType, $"Metadata \"{condition.Name}\" must be associated with a string"), caseSensitive);
            }
        }

        if (query.InFiles.Count > 0 && (limit > 0 || since > 0))
        {
            throw new EdgeException(WrongType, "Fields \"Limit\" and \"Since\" are not allowed where the query needs tags that the index does not hold");
        }

        return query;
    }

    /// <summary>A level by name, in any case, singular or plural.</summary>
    /// <exception cref="EdgeException">400 (3).</exception>
    public static ResourceLevel ReadLevel(string text) => text.ToUpperInvariant() switch
    {
        "PATIENT" or "PATIENTS" => ResourceLevel.Patient,
        "STUDY" or "STUDIES" => ResourceLevel.Study,
        "SERIES" => ResourceLevel.Series,
        "INSTANCE" or "INSTANCES" or "IMAGE" or "IMAGES" => ResourceLevel.Instance,
        _ => throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown level: \"{text}\""),
    };

    private static long ReadUnsigned(JsonElement root, string name)
    {
        long value = root.Integer(name, absent: 0, WrongType);
        return value >= 0 ? value : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Field \"{name}\" should be a positive integer");
    }

    /// <exception cref="EdgeException">400 (15): so Orthanc calls a format that is no boolean, here too.</exception>
    private static TagFormat ReadFormat(JsonElement root) =>
        root.Boolean("Simplify", absent: false) ? TagFormat.Simplified
        : root.Boolean("Short", absent: false) ? TagFormat.Short
        : root.Boolean("Full", absent: false) ? TagFormat.Full
        : TagFormat.Simplified;

    private static LabelsConstraint ReadLabelsConstraint(string? text) => text switch
    {
        null or "All" => LabelsConstraint.All,
        "Any" => LabelsConstraint.Any,
        "None" => LabelsConstraint.None,
        _ => throw new EdgeException(WrongType, "Field \"LabelsConstraint\" must be \"All\", \"Any\" or \"None\""),
    };

    private List<FindOrder> ReadOrder(JsonElement list, ResourceLevel level)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new EdgeException(WrongType, "Field \"OrderBy\" must be an array");
        }

        List<FindOrder> order = [];
        foreach (JsonElement entry in list.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || entry.OptionalText("Type", WrongType) is not { } type || entry.OptionalText("Key", WrongType) is not { } key
                || entry.OptionalText("Direction", WrongType) is not ("ASC" or "DESC"))
            {
                throw new EdgeException(WrongType, "Field \"OrderBy\" must hold objects with \"Type\", \"Key\" and \"Direction\" (ASC or DESC)");
            }

            bool descending = entry.OptionalText("Direction", WrongType) == "DESC";
            switch (type)
            {
                case "DicomTag" or "DicomTagAsInt" or "DicomTagAsFloat":
                    // By a tag that the index lacks all resources are equal: such a key changes nothing.
                    DicomTag tag = DicomTag.Parse(key);
                    if (new FindQuery { Level = level }.LevelOf(tag, engine.MainTags) is { } holder)
                    {
                        order.Add(new FindOrder(tag.Value, null, holder, descending, type != "DicomTag"));
                    }

                    break;
                case "Metadata" or "MetadataAsInt" or "MetadataAsFloat":
                    int number = engine.Names.FindMetadata(key) ?? throw new EdgeException(ErrorCode.InexistentItem, $"Unknown metadata: \"{key}\"");
                    order.Add(new FindOrder(null, number, level, descending, type != "Metadata"));
                    break;
                default:
                    throw new EdgeException(WrongType, $"Unknown type of order: \"{type}\"");
            }
        }

        return order;
    }
}
