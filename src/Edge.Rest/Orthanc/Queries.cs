using System.Globalization;
using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Text;
using Edge.Engine;
using Edge.Engine.Ports;
using Edge.Engine.Query;
using Edge.Engine.Remote;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>The queries that modalities have answered, and the retrieval of their answers.</summary>
public sealed class Queries(EdgeEngine engine, RemoteQueries queries, ModalityQueries modalities)
{
    private static readonly string[] Operations = ["answers", "level", "modality", "query", "retrieve"];

    public Route[] Routes() =>
    [
        new("GET", "/queries", request => request.Json(queries.Ids(), static (writer, ids) => writer.Texts(ids)), "List query/retrieve operations"),
        new("GET", "/queries/{id}", DescribeAsync, "List operations on a query"),
        new("DELETE", "/queries/{id}", DeleteAsync, "Delete a query"),
        new("GET", "/queries/{id}/level", request => request.Text(ResourceJson.TypeName(Require(request).Level)), "Get level of original query"),
        new("GET", "/queries/{id}/modality", request => request.Text(Require(request).ModalityName), "Get modality of original query"),
        new("GET", "/queries/{id}/query", QueryAsync, "Get original query arguments"),
        new("GET", "/queries/{id}/answers", AnswersAsync, "List answers to a query"),
        new("GET", "/queries/{id}/answers/{index}", AnswerAsync, "List operations on an answer"),
        new("GET", "/queries/{id}/answers/{index}/content", ContentAsync, "Get one answer"),
        new("POST", "/queries/{id}/answers/{index}/retrieve", request => RetrieveAsync(request, AnswerOf(request)), "Retrieve one answer"),
        new("POST", "/queries/{id}/answers/{index}/query-studies", request => BelowAsync(request, ResourceLevel.Study), "Query the child studies of an answer"),
        new("POST", "/queries/{id}/answers/{index}/query-series", request => BelowAsync(request, ResourceLevel.Series), "Query the child series of an answer"),
        new("POST", "/queries/{id}/answers/{index}/query-instances", request => BelowAsync(request, ResourceLevel.Instance), "Query the child instances of an answer"),
        new("POST", "/queries/{id}/retrieve", request => RetrieveAsync(request, null), "Retrieve all answers"),
    ];

    private RemoteQuery Require(RestRequest request) =>
        queries.Find(request.Param("id")) ?? throw new EdgeException(ErrorCode.UnknownResource, $"Unknown query: {request.Param("id")}");

    private ValueTask DescribeAsync(RestRequest request)
    {
        Require(request);
        return request.Json(Operations, static (writer, operations) => writer.Texts(operations));
    }

    private ValueTask DeleteAsync(RestRequest request)
    {
        queries.Remove(request.Param("id"));
        return request.EmptyText();
    }

    private ValueTask QueryAsync(RestRequest request) => ContentAsync(request, Require(request).Query);

    private ValueTask AnswersAsync(RestRequest request)
    {
        RemoteQuery query = Require(request);
        return request.BooleanArgument("expand", absent: false)
            ? request.Json((query, Format: Expansion.FormatOf(request, TagFormat.Full)), static (writer, q) =>
            {
                writer.WriteStartArray();
                foreach (DataSet answer in q.query.Answers)
                {
                    OrthancTagsJson.Write(writer, answer, q.Format, RetrieveJson.Uncut);
                }

                writer.WriteEndArray();
            })
            : request.Json(query.Answers.Count, static (writer, count) => writer.Texts(Enumerable.Range(0, count).Select(static i => i.ToString(CultureInfo.InvariantCulture))));
    }

    private ValueTask AnswerAsync(RestRequest request)
    {
        RemoteQuery query = Require(request);
        AnswerOf(request);
        List<string> operations = ["content", "retrieve"];
        if (query.Level == ResourceLevel.Patient)
        {
            operations.Add("query-study");
        }

        if (query.Level <= ResourceLevel.Study)
        {
            operations.Add("query-series");
        }

        if (query.Level <= ResourceLevel.Series)
        {
            operations.Add("query-instances");
        }

        return request.Json(operations, static (writer, list) => writer.Texts(list));
    }

    private ValueTask ContentAsync(RestRequest request) => ContentAsync(request, AnswerOf(request));

    private static ValueTask ContentAsync(RestRequest request, DataSet content) => request.Json(
        (content, Format: Expansion.FormatOf(request, TagFormat.Full)),
        static (writer, q) => OrthancTagsJson.Write(writer, q.content, q.Format, RetrieveJson.Uncut));

    /// <exception cref="EdgeException">400 (5) where the index is no number, 400 (3) where there is no such answer.</exception>
    private DataSet AnswerOf(RestRequest request)
    {
        RemoteQuery query = Require(request);
        int index = int.TryParse(request.Param("index"), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new EdgeException(ErrorCode.BadParameterType, $"Not the number of an answer: \"{request.Param("index")}\"");
        return index < query.Answers.Count
            ? query.Answers[index]
            : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"The query has {query.Answers.Count} answers: there is no {index}");
    }

    /// <summary>Asks the modality of a query for what lies below one of its answers.</summary>
    private async ValueTask BelowAsync(RestRequest request, ResourceLevel level)
    {
        RemoteQuery query = Require(request);
        DataSet answer = AnswerOf(request);
        if (level <= query.Level)
        {
            throw new EdgeException(ErrorCode.UnknownResource, $"Nothing of level {ResourceJson.TypeName(level)} lies below an answer of level {ResourceJson.TypeName(query.Level)}");
        }

        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement fields = body.RootElement.AsObject();
        DataSet below = fields.Member("Query") is { } given ? DicomQueryJson.Read(given) : new DataSet { DefaultEncoding = OrthancEncoding.Utf8 };
        for (ResourceLevel above = ResourceLevel.Patient; above <= query.Level; above++)
        {
            below.SetString(QueryLevels.Key(above), answer.GetString(QueryLevels.Key(above)) ?? "");
        }

        ModalityCall call = new(query.LocalAet, Modalities.CallOf(fields).Timeout);
        await modalities.RunAsync(request, query.ModalityName, query.Modality, level, below, normalizes: true, call).ConfigureAwait(false);
    }

    /// <param name="answer">One answer; null for all.</param>
    private async ValueTask RetrieveAsync(RestRequest request, DataSet? answer)
    {
        RemoteQuery query = Require(request);
        string text = (await request.ReadTextAsync().ConfigureAwait(false)).Trim();
        using JsonDocument? body = Parse(text);
        JsonElement? fields = body?.RootElement is { ValueKind: JsonValueKind.Object } given ? given : null;
        string target = fields is { } named
            ? named.Text("TargetAet", "")
            : body?.RootElement is { ValueKind: JsonValueKind.String } quoted ? quoted.GetString()! : text;
        target = target.Length == 0 ? engine.Options.Dicom.DicomAet : target;
        RetrieveMethod method = fields is { } asked && asked.OptionalText("RetrieveMethod") is { } word
            ? ModalityReader.ParseRetrieveMethod(word) ?? throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown retrieve method: \"{word}\"")
            : RetrieveMethod.SystemDefault;
        method = method == RetrieveMethod.SystemDefault ? query.Modality.RetrieveMethod : method;
        method = method == RetrieveMethod.SystemDefault ? engine.Options.Remote.DicomDefaultRetrieveMethod : method;
        List<DataSet> identifiers = [.. (answer is null ? query.Answers : [answer]).Select(one => RemoteQuery.RetrievalOf(one, query.Level))];
        ModalityCall call = new(query.LocalAet, Modalities.CallOf(fields).Timeout);
        await RetrieveJson.RunAsync(
            request,
            engine,
            query.Modality,
            call,
            method == RetrieveMethod.CGet ? null : target,
            identifiers,
            RetrieveJson.FormatOf(fields, TagFormat.Short),
            JobFields.Of(fields),
            []).ConfigureAwait(false);
    }

    /// <summary>JSON, or null where the body is the plain title of a destination.</summary>
    private static JsonDocument? Parse(string text)
    {
        if (text.Length == 0 || text[0] is not ('{' or '"'))
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The body is no JSON", e);
        }
    }
}
