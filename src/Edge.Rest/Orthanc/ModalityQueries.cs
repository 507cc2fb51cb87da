using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine;
using Edge.Engine.Query;
using Edge.Engine.Remote;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>C-FIND, C-MOVE and C-GET at modalities.</summary>
public sealed class ModalityQueries(EdgeEngine engine, RemoteQueries queries)
{
    public Route[] Routes() =>
    [
        new("POST", "/modalities/{id}/query", QueryAsync, "Trigger C-FIND SCU"),
        new("POST", "/modalities/{id}/find-worklist", FindWorklistAsync, "C-FIND SCU for worklist"),
        new("POST", "/modalities/{id}/find-patient", request => FindAsync(request, ResourceLevel.Patient), "C-FIND SCU for patients"),
        new("POST", "/modalities/{id}/find-study", request => FindAsync(request, ResourceLevel.Study), "C-FIND SCU for studies"),
        new("POST", "/modalities/{id}/find-series", request => FindAsync(request, ResourceLevel.Series), "C-FIND SCU for series"),
        new("POST", "/modalities/{id}/find-instance", request => FindAsync(request, ResourceLevel.Instance), "C-FIND SCU for instances"),
        new("POST", "/modalities/{id}/move", MoveAsync, "Trigger C-MOVE SCU"),
        new("POST", "/modalities/{id}/get", GetAsync, "Trigger C-GET SCU"),
    ];

    /// <summary>Asks a modality, keeps the answers, and answers with the query's id and path.</summary>
    /// <param name="shown">The query as it was asked.</param>
    public async ValueTask RunAsync(RestRequest request, string modalityName, ModalityOptions modality, ResourceLevel level, DataSet shown, bool normalizes, Engine.Ports.ModalityCall call)
    {
        DataSet sent = normalizes ? QueryNormalization.Normalize(shown, level, engine.MainTags, modality) : shown.Clone();
        QueryNormalization.Adapt(sent, modality);
        sent.ChangeCharacterSet(SpecificCharacterSet.Of(engine.Settings.DefaultEncoding));
        List<DataSet> answers = await engine.ModalityClient.FindAsync(modality, call, level, sent, request.Aborted).ConfigureAwait(false);
        RemoteQuery query = new(Guid.NewGuid().ToString(), modalityName, modality, call.LocalAet, level, shown, answers);
        queries.Add(query);
        await request.Json(query.Id, static (writer, id) =>
        {
            writer.WriteStartObject();
            writer.WriteString("ID"u8, id);
            writer.WriteString("Path"u8, "/queries/" + id);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async ValueTask QueryAsync(RestRequest request)
    {
        string name = request.Param("id");
        ModalityOptions modality = Modalities.Require(engine, name);
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement fields = body.RootElement;
        ResourceLevel level = Find.ReadLevel(fields.OptionalText("Level") ?? throw new EdgeException(ErrorCode.BadFileFormat, "The field \"Level\" is missing"));
        DataSet shown = fields.Member("Query") is { } query ? DicomQueryJson.Read(query) : new DataSet { DefaultEncoding = OrthancEncoding.Utf8 };
        await RunAsync(request, name, modality, level, shown, fields.Boolean("Normalize", absent: true), Modalities.CallOf(fields)).ConfigureAwait(false);
    }

    private async ValueTask FindWorklistAsync(RestRequest request)
    {
        ModalityOptions modality = Modalities.Require(engine, request.Param("id"));
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement fields = body.RootElement.AsObject();
        bool isNested = fields.Member("Query") is not null;
        DataSet query = DicomQueryJson.Read(isNested ? fields.Member("Query")!.Value : fields);
        query.ChangeCharacterSet(SpecificCharacterSet.Of(engine.Settings.DefaultEncoding));
        List<DataSet> answers = await engine.ModalityClient.FindWorklistAsync(modality, isNested ? Modalities.CallOf(fields) : new(), query, request.Aborted).ConfigureAwait(false);
        await AnswerAsync(request, answers, RetrieveJson.FormatOf(isNested ? fields : null, TagFormat.Simplified)).ConfigureAwait(false);
    }

    /// <summary>The deprecated forms: tags in, all main tags of the level out.</summary>
    private async ValueTask FindAsync(RestRequest request, ResourceLevel level)
    {
        ModalityOptions modality = Modalities.Require(engine, request.Param("id"));
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        DataSet query = DicomQueryJson.Read(body.RootElement);
        if (!IsNarrow(query, level))
        {
            await request.Empty(400).ConfigureAwait(false);
            return;
        }

        foreach (DicomTag tag in engine.MainTags.Of(level))
        {
            Ask(query, tag);
        }

        for (ResourceLevel above = ResourceLevel.Patient; above <= level; above++)
        {
            Ask(query, QueryLevels.Key(above));
        }

        QueryNormalization.Adapt(query, modality);
        query.ChangeCharacterSet(SpecificCharacterSet.Of(engine.Settings.DefaultEncoding));
        List<DataSet> answers = await engine.ModalityClient.FindAsync(modality, new(), level, query, request.Aborted).ConfigureAwait(false);
        await AnswerAsync(request, answers, TagFormat.Simplified).ConfigureAwait(false);
    }

    private async ValueTask MoveAsync(RestRequest request)
    {
        ModalityOptions modality = Modalities.Require(engine, request.Param("id"));
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement fields = body.RootElement.AsObject();
        string target = fields.Text("TargetAet", engine.Options.Dicom.DicomAet);
        await RetrieveJson.RunAsync(
            request, engine, modality, Modalities.CallOf(fields), target, Identifiers(fields), TagFormat.Short, JobFields.Of(fields), []).ConfigureAwait(false);
    }

    private async ValueTask GetAsync(RestRequest request)
    {
        ModalityOptions modality = Modalities.Require(engine, request.Param("id"));
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement fields = body.RootElement.AsObject();
        List<DataSet> identifiers = Identifiers(fields);
        string[] classes = [.. identifiers.SelectMany(static one => one.GetStrings(DicomTags.SOPClassesInStudy)).Where(static uid => uid.Length > 0).Distinct()];
        identifiers.ForEach(static one => one.Remove(DicomTags.SOPClassesInStudy));
        await RetrieveJson.RunAsync(
            request, engine, modality, Modalities.CallOf(fields), null, identifiers, TagFormat.Short, JobFields.Of(fields), classes).ConfigureAwait(false);
    }

    /// <summary>The identifiers that <c>Level</c> and <c>Resources</c> stand for.</summary>
    private static List<DataSet> Identifiers(JsonElement fields)
    {
        ResourceLevel level = Find.ReadLevel(fields.OptionalText("Level") ?? throw new EdgeException(ErrorCode.BadFileFormat, "The field \"Level\" is missing"));
        JsonElement list = fields.Member("Resources") is { ValueKind: JsonValueKind.Array } given ? given : throw new EdgeException(ErrorCode.BadFileFormat, "The field \"Resources\" must be an array");
        List<DataSet> identifiers = [];
        foreach (JsonElement resource in list.EnumerateArray())
        {
            DataSet identifier = DicomQueryJson.Read(resource);
            identifier.SetString(DicomTags.QueryRetrieveLevel, QueryLevels.Name(level), Vr.CS);
            identifiers.Add(identifier);
        }

        return identifiers;
    }

    /// <summary>Below patients the deprecated forms demand something to go by: an identifier or accession number of more than two characters.</summary>
    private static bool IsNarrow(DataSet query, ResourceLevel level)
    {
        if (level == ResourceLevel.Patient)
        {
            return true;
        }

        bool hasStudy = Has(query, DicomTags.StudyInstanceUID) || Has(query, DicomTags.AccessionNumber);
        bool hasPatient = Has(query, DicomTags.PatientID);
        return level switch
        {
            ResourceLevel.Study => hasPatient || hasStudy,
            ResourceLevel.Series => (hasPatient || Has(query, DicomTags.AccessionNumber)) && hasStudy,
            _ => (hasPatient || Has(query, DicomTags.AccessionNumber)) && hasStudy && Has(query, DicomTags.SeriesInstanceUID),
        };
    }

    private static bool Has(DataSet query, DicomTag tag) => query.GetString(tag) is { Length: > 2 };

    private static void Ask(DataSet query, DicomTag tag)
    {
        if (!query.Contains(tag))
        {
            query.Set(new DicomElement(tag, DicomDictionary.VrOf(tag, null, out _), ReadOnlyMemory<byte>.Empty));
        }
    }

    private static ValueTask AnswerAsync(RestRequest request, List<DataSet> answers, TagFormat format) => request.Json((answers, format), static (writer, found) =>
    {
        writer.WriteStartArray();
        foreach (DataSet answer in found.answers)
        {
            OrthancTagsJson.Write(writer, answer, found.format, RetrieveJson.Uncut);
        }

        writer.WriteEndArray();
    });
}
