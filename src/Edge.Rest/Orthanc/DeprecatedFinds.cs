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

/// <summary>The deprecated forms of C-FIND at modalities: an object of tags in, all main tags of the level out.</summary>
public sealed class DeprecatedFinds(EdgeEngine engine)
{
    /// <summary>The nested form asks once for each patient and once for each study: no more questions than this.</summary>
    private const int MostQuestions = 1000;

    public Route[] Routes() =>
    [
        new("POST", "/modalities/{id}/find", FindNestedAsync, "Hierarchical C-FIND SCU"),
        new("POST", "/modalities/{id}/find-patient", request => FindAsync(request, ResourceLevel.Patient), "C-FIND SCU for patients"),
        new("POST", "/modalities/{id}/find-study", request => FindAsync(request, ResourceLevel.Study), "C-FIND SCU for studies"),
        new("POST", "/modalities/{id}/find-series", request => FindAsync(request, ResourceLevel.Series), "C-FIND SCU for series"),
        new("POST", "/modalities/{id}/find-instance", request => FindAsync(request, ResourceLevel.Instance), "C-FIND SCU for instances"),
    ];

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

        List<DataSet> answers = await AskAsync(modality, level, query, request.Aborted).ConfigureAwait(false);
        await request.Json(answers, static (writer, found) =>
        {
            writer.WriteStartArray();
            foreach (DataSet answer in found)
            {
                OrthancTagsJson.Write(writer, answer, TagFormat.Simplified, RetrieveJson.Uncut);
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>Patients with their <c>Studies</c>, those with their <c>Series</c>; each level is asked for what of the body belongs to it.</summary>
    private async ValueTask FindNestedAsync(RestRequest request)
    {
        ModalityOptions modality = Modalities.Require(engine, request.Param("id"));
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        DataSet asked = DicomQueryJson.Read(body.RootElement);
        List<Found> patients = [.. (await AskAsync(modality, ResourceLevel.Patient, Of(asked, ResourceLevel.Patient), request.Aborted).ConfigureAwait(false)).Select(static one => new Found(one, []))];
        int questions = 1;
        foreach (Found patient in patients)
        {
            foreach (DataSet study in await AskBelowAsync(ResourceLevel.Study, patient.Answer).ConfigureAwait(false))
            {
                patient.Below.Add(new Found(study, [.. (await AskBelowAsync(ResourceLevel.Series, study).ConfigureAwait(false)).Select(static one => new Found(one, []))]));
            }
        }

        await request.Json(patients, static (writer, found) => Write(writer, found, ["Studies", "Series"])).ConfigureAwait(false);

        async ValueTask<List<DataSet>> AskBelowAsync(ResourceLevel level, DataSet parent)
        {
            if (++questions > MostQuestions)
            {
                throw new EdgeException(ErrorCode.ParameterOutOfRange, $"The query is too wide: it needs more than {MostQuestions} questions to {modality.Aet}; use \"/modalities/{request.Param("id")}/query\"");
            }

            DataSet query = Of(asked, level);
            DicomTag[] keys = [DicomTags.PatientID, .. level == ResourceLevel.Series ? new[] { DicomTags.AccessionNumber, DicomTags.StudyInstanceUID } : []];
            foreach (DicomTag key in keys)
            {
                if (parent.GetString(key)?.Trim() is { Length: > 0 } value)
                {
                    query.SetString(key, value);
                }
            }

            return await AskAsync(modality, level, query, request.Aborted).ConfigureAwait(false);
        }
    }

    private ValueTask<List<DataSet>> AskAsync(ModalityOptions modality, ResourceLevel level, DataSet query, CancellationToken cancellation)
    {
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
        return engine.ModalityClient.FindAsync(modality, new(), level, query, cancellation);
    }

    /// <summary>What of a query belongs to a level.</summary>
    private DataSet Of(DataSet query, ResourceLevel level)
    {
        DataSet own = query.Clone();
        own.RemoveAll(element => !engine.MainTags.Contains(level, element.Tag) && element.Tag != QueryLevels.Key(level));
        return own;
    }

    /// <summary>Below patients these forms demand something to go by: an identifier or accession number of more than two characters.</summary>
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

    private static void Write(Utf8JsonWriter writer, List<Found> found, ReadOnlySpan<string> names)
    {
        writer.WriteStartArray();
        foreach (Found one in found)
        {
            writer.WriteStartObject();
            OrthancTagsJson.WriteMembers(writer, one.Answer, RetrieveJson.Uncut);
            if (names.Length > 0)
            {
                writer.WritePropertyName(names[0]);
                Write(writer, one.Below, names[1..]);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>An answer and those of the level below.</summary>
    private sealed record Found(DataSet Answer, List<Found> Below);
}
