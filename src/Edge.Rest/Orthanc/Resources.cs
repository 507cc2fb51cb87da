using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Query;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>Lists, resources, parents and children at the four levels.</summary>
public sealed class Resources(EdgeEngine engine)
{
    private const int PageSize = 500;

    public Route[] Routes() =>
    [
        new("GET", "/patients", request => ListAsync(request, ResourceLevel.Patient), "List the available patients"),
        new("GET", "/studies", request => ListAsync(request, ResourceLevel.Study), "List the available studies"),
        new("GET", "/series", request => ListAsync(request, ResourceLevel.Series), "List the available series"),
        new("GET", "/instances", request => ListAsync(request, ResourceLevel.Instance), "List the available instances"),
        new("GET", "/patients/{id}", request => GetAsync(request, ResourceLevel.Patient), "Get information about some patient"),
        new("GET", "/studies/{id}", request => GetAsync(request, ResourceLevel.Study), "Get information about some study"),
        new("GET", "/series/{id}", request => GetAsync(request, ResourceLevel.Series), "Get information about some series"),
        new("GET", "/instances/{id}", request => GetAsync(request, ResourceLevel.Instance), "Get information about some instance"),
        new("DELETE", "/patients/{id}", request => DeleteAsync(request, ResourceLevel.Patient), "Delete some patient"),
        new("DELETE", "/studies/{id}", request => DeleteAsync(request, ResourceLevel.Study), "Delete some study"),
        new("DELETE", "/series/{id}", request => DeleteAsync(request, ResourceLevel.Series), "Delete some series"),
        new("DELETE", "/instances/{id}", request => DeleteAsync(request, ResourceLevel.Instance), "Delete some instance"),
        new("GET", "/patients/{id}/studies", request => ChildrenAsync(request, ResourceLevel.Patient, ResourceLevel.Study), "Get child studies"),
        new("GET", "/patients/{id}/series", request => ChildrenAsync(request, ResourceLevel.Patient, ResourceLevel.Series), "Get child series"),
        new("GET", "/patients/{id}/instances", request => ChildrenAsync(request, ResourceLevel.Patient, ResourceLevel.Instance), "Get child instances"),
        new("GET", "/studies/{id}/series", request => ChildrenAsync(request, ResourceLevel.Study, ResourceLevel.Series), "Get child series"),
        new("GET", "/studies/{id}/instances", request => ChildrenAsync(request, ResourceLevel.Study, ResourceLevel.Instance), "Get child instances"),
        new("GET", "/series/{id}/instances", request => ChildrenAsync(request, ResourceLevel.Series, ResourceLevel.Instance), "Get child instances"),
        new("GET", "/studies/{id}/patient", request => ParentAsync(request, ResourceLevel.Study, ResourceLevel.Patient), "Get parent patient"),
        new("GET", "/series/{id}/patient", request => ParentAsync(request, ResourceLevel.Series, ResourceLevel.Patient), "Get parent patient"),
        new("GET", "/series/{id}/study", request => ParentAsync(request, ResourceLevel.Series, ResourceLevel.Study), "Get parent study"),
        new("GET", "/instances/{id}/patient", request => ParentAsync(request, ResourceLevel.Instance, ResourceLevel.Patient), "Get parent patient"),
        new("GET", "/instances/{id}/study", request => ParentAsync(request, ResourceLevel.Instance, ResourceLevel.Study), "Get parent study"),
        new("GET", "/instances/{id}/series", request => ParentAsync(request, ResourceLevel.Instance, ResourceLevel.Series), "Get parent series"),
    ];

    private async ValueTask ListAsync(RestRequest request, ResourceLevel level)
    {
        bool expand = request.BooleanArgument("expand", absent: false) || request.HasFlag("response-content");
        if (request.HasFlag("since") != request.HasFlag("limit"))
        {
            throw new EdgeException(ErrorCode.BadRequest, $"Missing \"{(request.HasFlag("limit") ? "since" : "limit")}\" argument for GET request against: {request.Path}");
        }

        long? since = request.UnsignedArgument("since");
        long? limit = request.UnsignedArgument("limit");

        if (!expand)
        {
            List<string> ids = await engine.Queries.ListIdsAsync(level, since ?? 0, limit ?? 0, request.Aborted).ConfigureAwait(false);
            await request.Json(ids, static (writer, list) => writer.Texts(list)).ConfigureAwait(false);
            return;
        }

        Expansion expansion = Expansion.Of(engine, request);
        if (limit is > 0)
        {
            List<ExpandedResource> page = await engine.Queries.PageAsync(level, since!.Value, limit.Value, expansion.PartsFor(level), request.Aborted).ConfigureAwait(false);
            await expansion.AnswerAsync(request, page).ConfigureAwait(false);
            return;
        }

        // The whole list, page by page: memory stays bounded however long it is.
        await request.JsonStream((engine, level, expansion, skip: since ?? 0, request.Aborted), static async (sink, state) =>
        {
            ExpandParts parts = state.expansion.PartsFor(state.level);
            List<ExpandedResource> page = await state.engine.Queries.PageAsync(state.level, state.skip, PageSize, parts, state.Aborted).ConfigureAwait(false);
            sink.Writer.WriteStartArray();
            while (page.Count > 0)
            {
                foreach (ExpandedResource resource in page)
                {
                    await state.expansion.WriteAsync(sink.Writer, resource, state.Aborted).ConfigureAwait(false);
                }

                await sink.FlushAsync().ConfigureAwait(false);
                page = page.Count < PageSize
                    ? []
                    : await state.engine.Queries.PageAfterAsync(state.level, page[^1].Row.Id, PageSize, parts, state.Aborted).ConfigureAwait(false);
            }

            sink.Writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private async ValueTask GetAsync(RestRequest request, ResourceLevel level)
    {
        Expansion expansion = Expansion.Of(engine, request);
        if (await engine.Queries.FindAsync(level, request.Param(0), expansion.PartsFor(level), request.Aborted).ConfigureAwait(false) is { } resource)
        {
            await expansion.AnswerAsync(request, resource).ConfigureAwait(false);
        }
    }

    private async ValueTask DeleteAsync(RestRequest request, ResourceLevel level)
    {
        DeleteOutcome outcome = await engine.Deletion.DeleteAsync(level, request.Param(0), request.Aborted).ConfigureAwait(false);
        if (!outcome.Found)
        {
            return;
        }

        await request.Json(outcome, static (writer, done) =>
        {
            writer.WriteStartObject();
            if (done.RemainingAncestor is { } ancestor)
            {
                writer.WriteStartObject("RemainingAncestor"u8);
                writer.WriteString("ID"u8, ancestor.PublicId);
                writer.WriteString("Path"u8, ResourceJson.Path(ancestor.Level, ancestor.PublicId));
                writer.WriteString("Type"u8, ResourceJson.TypeName(ancestor.Level));
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteNull("RemainingAncestor"u8);
            }

            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async ValueTask ChildrenAsync(RestRequest request, ResourceLevel level, ResourceLevel below)
    {
        bool expand = request.BooleanArgument("expand", absent: true) || request.HasFlag("response-content");
        Expansion expansion = Expansion.Of(engine, request);
        ExpandParts parts = expand ? expansion.PartsFor(below) : ExpandParts.None;
        List<ExpandedResource> children = await engine.Queries.DescendantsAsync(level, request.Param(0), below, parts, request.Aborted).ConfigureAwait(false)
            ?? throw new EdgeException(ErrorCode.UnknownResource);
        if (expand)
        {
            await expansion.AnswerAsync(request, children).ConfigureAwait(false);
        }
        else
        {
            await request.Json(children.ConvertAll(static child => child.Row.PublicId), static (writer, list) => writer.Texts(list)).ConfigureAwait(false);
        }
    }

    private async ValueTask ParentAsync(RestRequest request, ResourceLevel level, ResourceLevel above)
    {
        Expansion expansion = Expansion.Of(engine, request);
        ExpandedResource parent = await engine.Queries.AncestorAsync(level, request.Param(0), above, expansion.PartsFor(above), request.Aborted).ConfigureAwait(false)
            ?? throw new EdgeException(ErrorCode.UnknownResource);
        await expansion.AnswerAsync(request, parent).ConfigureAwait(false);
    }
}
