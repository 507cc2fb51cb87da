using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Engine.Modification.Deidentification;

namespace Edge.Engine.Modification;

/// <summary>
/// Reads the bodies of <c>/modify</c>, <c>/anonymize</c> and their bulk forms, with Orthanc's checks and codes: a list or object of the wrong
/// type is 8, a boolean, string or number of the wrong type 15, a tag that no dictionary knows 27.
/// </summary>
public static class ModificationParser
{
    private static readonly (string Name, RetainOptions Option)[] RetainNames =
    [
        ("RetainUIDs", RetainOptions.Uids),
        ("RetainDeviceIdentity", RetainOptions.DeviceIdentity),
        ("RetainInstitutionIdentity", RetainOptions.InstitutionIdentity),
        ("RetainPatientCharacteristics", RetainOptions.PatientCharacteristics),
        ("RetainLongitudinalTemporalFull", RetainOptions.LongitudinalTemporalFull),
    ];

    /// <summary>The four tags whose values identify resources.</summary>
    private static readonly DicomTag[] Identifiers = [DicomTags.PatientID, DicomTags.StudyInstanceUID, DicomTags.SeriesInstanceUID, DicomTags.SOPInstanceUID];

    /// <summary>Reads a request to modify.</summary>
    /// <param name="level">The level of the route; null for a bulk request, which names or implies it.</param>
    /// <exception cref="EdgeException">See above.</exception>
    public static ModificationRequest ParseModify(JsonElement body, ResourceLevel? level)
    {
        body = Demand(body);
        // As Orthanc has it: its jobs call a wrong transfer syntax a bad body, its route of one instance a value out of range.
        ErrorCode unknownSyntax = level == ResourceLevel.Instance ? ErrorCode.ParameterOutOfRange : ErrorCode.BadFileFormat;
        ModificationRequest request = Common(body, isAnonymization: false, unknownSyntax) with { RemovePrivateTags = Boolean(body, "RemovePrivateTags", false) };
        CheckIdentifiers(request);
        ResourceLevel effective = level ?? (Text(body, "Level") is { } name ? LevelOf(name) : DetectLevel(request));
        if (level == ResourceLevel.Instance)
        {
            effective = DetectLevel(request);
        }

        request = request with { Level = effective };
        CheckLevel(request);
        return request;
    }

    /// <summary>Reads a request to anonymize.</summary>
    /// <exception cref="EdgeException">See above; ParameterOutOfRange for an unknown <c>DicomVersion</c> or option of the profile.</exception>
    public static ModificationRequest ParseAnonymize(JsonElement body)
    {
        body = Demand(body);
        DeidentificationProfile profile = Text(body, "DicomVersion") is { } version ? DeidentificationProfile.Require(version) : DeidentificationProfile.Default;
        ModificationRequest request = Common(body, isAnonymization: true) with
        {
            Level = ResourceLevel.Patient,
            Profile = profile,
            RemovePrivateTags = !Boolean(body, "KeepPrivateTags", false),
            Retained = Options(body, profile),
        };
        CheckIdentifiers(request);
        return request;
    }

    /// <summary>A boolean member.</summary>
    /// <exception cref="EdgeException">BadFileFormat where it is none.</exception>
    public static bool Boolean(JsonElement body, string name, bool absent) => !body.TryGetProperty(name, out JsonElement value) ? absent : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new EdgeException(ErrorCode.BadFileFormat, $"The field \"{name}\" must be a boolean"),
    };

    /// <summary>A list of paths; empty where it is absent.</summary>
    /// <exception cref="EdgeException">BadRequest, UnknownDicomTag.</exception>
    public static IReadOnlyList<TagPath> Paths(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out JsonElement list))
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new EdgeException(ErrorCode.BadRequest, $"The field \"{name}\" must be a list of tags");
        }

        List<TagPath> paths = new(list.GetArrayLength());
        foreach (JsonElement tag in list.EnumerateArray())
        {
            paths.Add(tag.ValueKind == JsonValueKind.String
                ? TagPath.Parse(tag.GetString()!)
                : throw new EdgeException(ErrorCode.BadRequest, $"The field \"{name}\" must be a list of tags"));
        }

        return paths;
    }

    /// <summary>The members of <c>Replace</c>; empty where it is absent.</summary>
    /// <exception cref="EdgeException">BadRequest, UnknownDicomTag, BadParameterType for a value that is neither text nor items.</exception>
    public static IReadOnlyList<Replacement> Replacements(JsonElement body)
    {
        if (!body.TryGetProperty("Replace", out JsonElement replace))
        {
            return [];
        }

        if (replace.ValueKind != JsonValueKind.Object)
        {
            throw new EdgeException(ErrorCode.BadRequest, "The field \"Replace\" must associate tags with values");
        }

        List<Replacement> replacements = [];
        foreach (JsonProperty member in replace.EnumerateObject())
        {
            TagPath path = TagPath.Parse(member.Name);
            JsonTags.Check(path.Last, member.Value);
            replacements.Add(new Replacement(path, member.Value));
        }

        return replacements;
    }

    /// <summary>The level of a name such as <c>Study</c>.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange.</exception>
    public static ResourceLevel LevelOf(string name) => name.ToUpperInvariant() switch
    {
        "PATIENT" or "PATIENTS" => ResourceLevel.Patient,
        "STUDY" or "STUDIES" => ResourceLevel.Study,
        "SERIES" => ResourceLevel.Series,
        "INSTANCE" or "INSTANCES" or "IMAGE" => ResourceLevel.Instance,
        _ => throw new EdgeException(ErrorCode.ParameterOutOfRange, "The field \"Level\" must be Patient, Study, Series or Instance"),
    };

    // A copy that outlives the document of the request.
    private static JsonElement Demand(JsonElement body) => body.ValueKind == JsonValueKind.Object
        ? body.Clone()
        : throw new EdgeException(ErrorCode.BadFileFormat, "The body of the request must be a JSON object");

    private static ModificationRequest Common(JsonElement body, bool isAnonymization, ErrorCode unknownSyntax = ErrorCode.BadFileFormat) => new()
    {
        IsAnonymization = isAnonymization,
        Level = ResourceLevel.Patient,
        Source = body,
        Replacements = Replacements(body),
        Removals = Paths(body, "Remove"),
        Keeps = Paths(body, "Keep"),
        Force = Boolean(body, "Force", false),
        KeepSource = Boolean(body, "KeepSource", true),
        KeepLabels = Boolean(body, "KeepLabels", false),
        PrivateCreator = Text(body, "PrivateCreator"),
        Transcode = Syntax(body, unknownSyntax),
        LossyQuality = Quality(body),
    };

    private static string? Text(JsonElement body, string name) => !body.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new EdgeException(ErrorCode.BadFileFormat, $"The field \"{name}\" must be a string");

    private static string? Syntax(JsonElement body, ErrorCode unknown) => Text(body, "Transcode") switch
    {
        null => null,
        { } uid when TransferSyntax.Find(uid) is not null => uid,
        _ => throw new EdgeException(unknown, "The field \"Transcode\" must be the UID of a transfer syntax"),
    };

    private static int? Quality(JsonElement body) => !body.TryGetProperty("LossyQuality", out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int quality) && quality is >= 1 and <= 100 ? quality
        : throw new EdgeException(ErrorCode.BadFileFormat, "The field \"LossyQuality\" must be an integer from 1 to 100");

    /// <summary>The options of the newest profile, by their names in PS3.15 E.3. Options that need somebody to look at texts or pictures are not offered.</summary>
    private static RetainOptions Options(JsonElement body, DeidentificationProfile profile)
    {
        if (!body.TryGetProperty("ProfileOptions", out JsonElement list))
        {
            return RetainOptions.None;
        }

        RetainOptions options = RetainOptions.None;
        if (list.ValueKind != JsonValueKind.Array || !profile.Conforms)
        {
            throw new EdgeException(ErrorCode.BadRequest, "The field \"ProfileOptions\" must be a list of options, and needs the DicomVersion 2024e");
        }

        foreach (JsonElement name in list.EnumerateArray())
        {
            int at = name.ValueKind == JsonValueKind.String ? Array.FindIndex(RetainNames, known => known.Name == name.GetString()) : -1;
            options |= at >= 0
                ? RetainNames[at].Option
                : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"The options of the profile are {string.Join(", ", RetainNames.Select(static known => known.Name))}");
        }

        return options;
    }

    // Orthanc 1.12: to touch one of the four identifiers needs Force; to remove one is refused whatever is forced.
    private static void CheckIdentifiers(ModificationRequest request)
    {
        foreach (DicomTag tag in Identifiers)
        {
            string name = DicomDictionary.OrthancName(tag);
            if (request.IsRemoved(tag))
            {
                throw new EdgeException(ErrorCode.BadRequest, $"{name} identifies resources and cannot be removed");
            }

            if (!request.Force && (request.IsReplaced(tag) || request.IsKept(tag)))
            {
                throw new EdgeException(ErrorCode.BadRequest, $"Marking tag \"{name}\" as to be {(request.IsKept(tag) ? "kept" : "replaced")} requires the \"Force\" option to be set to true");
            }

            if (request.IsReplaced(tag) && request.IsKept(tag))
            {
                throw new EdgeException(ErrorCode.BadRequest, $"The tag \"{name}\" cannot be both kept and replaced");
            }

            if (request.ReplacementOf(tag) is { } value && (value.ValueKind != JsonValueKind.String || (tag != DicomTags.PatientID && value.GetString()!.Trim(' ', '\0').Length == 0)))
            {
                throw new EdgeException(ErrorCode.BadRequest, $"The tag \"{name}\" needs a value: a string that is not empty");
            }
        }
    }

    private static ResourceLevel DetectLevel(ModificationRequest request) =>
        request.IsReplaced(DicomTags.PatientID) ? ResourceLevel.Patient
        : request.IsReplaced(DicomTags.StudyInstanceUID) ? ResourceLevel.Study
        : request.IsReplaced(DicomTags.SeriesInstanceUID) ? ResourceLevel.Series
        : ResourceLevel.Instance;

    private static void CheckLevel(ModificationRequest request)
    {
        // Since 1.11.3 what is forced goes, which CheckIdentifiers has demanded for replaced identifiers already.
        if (request.Level == ResourceLevel.Patient && !request.IsReplaced(DicomTags.PatientID) && !request.Force)
        {
            throw new EdgeException(ErrorCode.BadRequest, "When modifying a patient, her PatientID is required to be modified, or the \"Force\" option to be set to true");
        }
    }
}
