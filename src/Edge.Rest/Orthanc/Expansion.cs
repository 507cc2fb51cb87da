using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Engine;
using Edge.Engine.Query;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>What a request wants to know of each resource: format, content, requested tags.</summary>
public sealed class Expansion(EdgeEngine engine, TagFormat format, ResponseContent content, RequestedTags requested)
{
    private const int PageSize = 500;

    public TagFormat Format { get; } = format;

    /// <summary>The arguments of a GET: <c>full</c>, <c>short</c>, <c>simplify</c>, <c>requested-tags</c>, <c>response-content</c>.</summary>
    public static Expansion Of(EdgeEngine engine, RestRequest request)
    {
        string? content = request.Argument("response-content");
        return new Expansion(
            engine,
            FormatOf(request, TagFormat.Simplified),
            content is null ? ResponseContent.Default : ResponseContents.Parse(content.Split(';', StringSplitOptions.RemoveEmptyEntries)),
            RequestedTagsOf(request.Argument("requested-tags") ?? request.Argument("requestedTags")));
    }

    /// <summary>The format that the presence of <c>simplify</c>, <c>short</c> or <c>full</c> asks for, in this precedence.</summary>
    public static TagFormat FormatOf(RestRequest request, TagFormat otherwise) =>
        request.HasFlag("simplify") ? TagFormat.Simplified : request.HasFlag("short") ? TagFormat.Short : request.HasFlag("full") ? TagFormat.Full : otherwise;

    /// <summary>Tags given by name or number.</summary>
    /// <exception cref="EdgeException">400 (8) for an unknown one.</exception>
    public static RequestedTags ParseTags(IEnumerable<string> names)
    {
        List<DicomTag> tags = [];
        foreach (string name in names)
        {
            tags.Add(DicomTag.TryParse(name, out DicomTag tag) ? tag : throw new EdgeException(ErrorCode.BadRequest, $"Unknown DICOM tag in the requested tags: \"{name}\""));
        }

        return new RequestedTags(tags);
    }

    /// <summary>What the index must fetch for resources of <paramref name="level"/>.</summary>
    public ExpandParts PartsFor(ResourceLevel level) => ResponseContents.PartsFor(content, level) | requested.PartsFor(level);

    /// <summary>Writes one resource.</summary>
    public async ValueTask WriteAsync(Utf8JsonWriter writer, ExpandedResource resource, CancellationToken cancellation)
    {
        DataSet? answer = null;
        if (!requested.IsEmpty)
        {
            bool fromFile = engine.Options.Indexing.StorageAccessOnFind != StorageAccessOnFind.Never;
            answer = await requested.AnswerAsync(resource, engine.Index, engine.Files, fromFile, cancellation).ConfigureAwait(false);
        }

        ResourceJson.Write(writer, engine, resource, content, Format, answer);
    }

    /// <summary>Answers one resource.</summary>
    public async ValueTask AnswerAsync(RestRequest request, ExpandedResource resource)
    {
        await request.JsonStream((this, resource, request.Aborted), static (sink, state) => state.Item1.WriteAsync(sink.Writer, state.resource, state.Aborted)).ConfigureAwait(false);
    }

    /// <summary>Answers an array of resources.</summary>
    public async ValueTask AnswerAsync(RestRequest request, IReadOnlyList<ExpandedResource> resources)
    {
        await request.JsonStream((this, resources, request.Aborted), static async (sink, state) =>
        {
            sink.Writer.WriteStartArray();
            foreach (ExpandedResource resource in state.resources)
            {
                await state.Item1.WriteAsync(sink.Writer, resource, state.Aborted).ConfigureAwait(false);
                await sink.FlushAsync().ConfigureAwait(false);
            }

            sink.Writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>Answers an array of resources of one level, page by page: memory stays bounded however many they are.</summary>
    public async ValueTask AnswerAsync(RestRequest request, ResourceLevel level, List<long> ids)
    {
        await request.JsonStream((This: this, ids, Parts: PartsFor(level), request.Aborted), static async (sink, state) =>
        {
            sink.Writer.WriteStartArray();
            for (int start = 0; start < state.ids.Count; start += PageSize)
            {
                List<long> page = state.ids.GetRange(start, Math.Min(PageSize, state.ids.Count - start));
                foreach (ExpandedResource resource in await state.This.ExpandAsync(page, state.Parts, state.Aborted).ConfigureAwait(false))
                {
                    await state.This.WriteAsync(sink.Writer, resource, state.Aborted).ConfigureAwait(false);
                    await sink.FlushAsync().ConfigureAwait(false);
                }
            }

            sink.Writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private ValueTask<List<ExpandedResource>> ExpandAsync(List<long> ids, ExpandParts parts, CancellationToken cancellation) => engine.Queries.ExpandAsync(ids, parts, cancellation);

    private static RequestedTags RequestedTagsOf(string? list) =>
        ParseTags(list is null ? [] : list.Split(';', StringSplitOptions.RemoveEmptyEntries));
}
